/**
 * How many SMS a text is, and its parts. The Go code that sends them counts here,
 * as WebAssembly, so that what is billed is what is sent.
 *
 * "Characters" are Unicode code points, as in `[...text]`, and not the UTF-16
 * units of `text.length`.
 */

/** The version of the rules, the tables and the fingerprint: the package's own. */
export declare const version: string;

/** How a text was encoded. */
export type Encoding = "GSM7" | "UCS2";

/**
 * How a text is asked to be encoded.
 *
 * - `AUTO`: GSM7 if every character fits, else UCS2
 * - `GSM7`: refused (`NOT_GSM7`) if a character does not fit
 * - `UCS2`: UTF-16, surrogate pairs included
 * - `GSM7_FORCE`: GSM7; what does not fit is sent as `?`, and reported in `replaced`
 */
export type WantedEncoding = "AUTO" | "GSM7" | "UCS2" | "GSM7_FORCE";

/** What else than the text decides the count. Without it, the default rule of billing. */
export interface SegmentOptions {
  /** Default: `AUTO`. */
  encoding?: WantedEncoding;
  /**
   * The width of the concatenation reference. With 8, the default, a part of a
   * long text holds 153 septets or 67 UTF-16 units; with 16, 152 or 66.
   */
  referenceBits?: 8 | 16;
  /**
   * A text of more parts is refused (`TOO_LONG`), never cut off. Default, and the
   * meaning of 0: 255, which is all that a header can number. Negative: no limit.
   */
  maxParts?: number;
}

/** How much a text costs. */
export interface SegmentCount {
  encoding: Encoding;
  /** Septets (2 for an extension character such as `€`), or UTF-16 units. */
  units: number;
  /** At least 1: an empty text is one empty SMS. */
  segments: number;
  /**
   * `1:` and 16 hex digits over the encoding and the parts: a command's
   * `segmentFingerprint`. The reference's width counts only where it cuts otherwise.
   */
  fingerprint: string;
}

/** A character that `GSM7_FORCE` sends as `?`. */
export interface Replacement {
  /** In characters from the start of the text, from 0. */
  offset: number;
  character: string;
}

/** A text ready to be sent. */
export interface SegmentPlan extends SegmentCount {
  /** data_coding of SMPP: 0 for GSM7, 8 for UCS2. */
  dataCoding: 0 | 8;
  /**
   * The octets of each part without user data header: unpacked septets, one an
   * octet, or UTF-16 big endian. They are the caller's own.
   */
  parts: Uint8Array[];
  /** By offset; empty but for `GSM7_FORCE`. */
  replaced: Replacement[];
}

/**
 * What was wrong.
 *
 * - `NOT_A_STRING`, `LONE_SURROGATE`: the text is none
 * - `INVALID_OPTION`: an option is unknown, or its value is
 * - `NOT_GSM7`: GSM7 was demanded and a character does not fit
 * - `TOO_LONG`: more parts than `maxParts`
 * - `NOT_LOADED`, `WRONG_MODULE`: `segment.wasm` is not there, or not of this package
 * - `STOPPED`: the counter ran out of memory; the next call starts it anew
 * - `INVALID_UTF8`: of the Go side; no JavaScript string leads to it
 */
export type SegmentErrorCode =
  | "NOT_A_STRING"
  | "LONE_SURROGATE"
  | "INVALID_OPTION"
  | "INVALID_UTF8"
  | "NOT_GSM7"
  | "TOO_LONG"
  | "NOT_LOADED"
  | "WRONG_MODULE"
  | "STOPPED";

/** Why a text was refused. The message holds no part of the text and can be logged. */
export declare class SegmentError extends Error {
  private constructor();
  readonly name: "SegmentError";
  readonly code: SegmentErrorCode;
  /** What it is about: `text`, `options`, or an option's name. */
  readonly field?: string;
  /** Of `LONE_SURROGATE`, `NOT_GSM7` and `INVALID_UTF8`: in characters from the start of the text, from 0. */
  readonly offset?: number;
  /** Of `TOO_LONG`: how many segments it would have been. */
  readonly segments?: number;
  /** Of `TOO_LONG`: how many are allowed. */
  readonly limit?: number;
  /** Of `NOT_LOADED`, `WRONG_MODULE` and `STOPPED`: what happened, where that is known. */
  readonly cause?: unknown;
}

/**
 * Counts the segments of a text.
 *
 * @throws {SegmentError}
 */
export declare function countSegments(text: string, options?: SegmentOptions): SegmentCount;

/**
 * Encodes a text and cuts it into as many parts as `countSegments` says.
 *
 * @throws {SegmentError}
 */
export declare function splitSegments(text: string, options?: SegmentOptions): SegmentPlan;

/** A `Response`, a `Blob`, or whatever else has its octets to give. */
export interface OctetSource {
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The octets of `segment.wasm`, or where they come from. */
export type ModuleSource = ArrayBuffer | ArrayBufferView | OctetSource;

/**
 * Loads `segment.wasm`. A browser has to await it once before the first text;
 * Node need not, and reads the file beside it at the first text.
 *
 * @param source default: the file beside this module, by `fetch` or from the disk
 * @throws {SegmentError} as a rejection
 */
export declare function load(source?: ModuleSource | Promise<ModuleSource>): Promise<void>;
