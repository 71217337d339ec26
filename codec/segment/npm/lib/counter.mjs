import { checkText, readOptions } from './argument.mjs';
import { SegmentError } from './error.mjs';
import { newHost } from './host.mjs';

/** codec/segment's Version; a test holds the two together. */
const version = '0.1.0';

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/**
 * Makes the functions of the package.
 *
 * @param {() => Uint8Array} [read] the module's octets at once; without it load() must come first
 * @param {() => unknown} open what load() takes when it is given nothing
 */
function newCounter(read, open) {
  let module; // compiled
  let running; // the instance that counts; none before the first text and after a stop

  function start() {
    module ??= compileNow(read);
    const host = newHost(module);
    running = wake(host, new WebAssembly.Instance(module, host.imports));
  }

  function split(text, options) {
    checkText(text);
    const request = readOptions(options);
    if (running === undefined) start();
    try {
      return ask(running.wasm, text, request);
    } catch (trap) {
      const cause = new Error(running.host.lastWords.trim() || trap.message, { cause: trap });
      running = undefined; // a module that has stopped answers nothing any more
      throw new SegmentError(
        'STOPPED',
        `counter: stopped on a text of ${text.length} UTF-16 units: shorten it if it is very long; the next call starts the counter anew`,
        { cause },
      );
    }
  }

  return {
    version,
    SegmentError,

    countSegments(text, options) {
      const { head } = refused(split(text, options));
      return count(head);
    },

    splitSegments(text, options) {
      const { head, octets } = refused(split(text, options));
      let at = 0;
      return {
        ...count(head),
        dataCoding: head.dataCoding,
        parts: head.lengths.map((length) => octets.slice(at, (at += length))),
        replaced: head.replaced.map(([offset, rune]) => ({ offset, character: String.fromCodePoint(rune) })),
      };
    },

    async load(source) {
      if (source === undefined && running !== undefined) return;
      const octets = await octetsOf(source === undefined ? open() : source);
      let host, instance, compiled;
      try {
        compiled = await WebAssembly.compile(octets);
        host = newHost(compiled);
        instance = await WebAssembly.instantiate(compiled, host.imports);
      } catch (cause) {
        throw wrongModule('is no WebAssembly, or not this', cause);
      }
      running = wake(host, instance);
      module = compiled;
    },
  };
}

/** One text there, one answer back; the module's package doc says how. */
function ask(wasm, text, { encoding, wide, maxParts }) {
  const room = 3 * text.length; // no UTF-16 unit needs more octets of UTF-8
  const at = wasm.text(room) >>> 0;
  const { written } = utf8.encoder.encodeInto(text, new Uint8Array(wasm.memory.buffer, at, room));
  const answer = latest(wasm, wasm.split(written, encoding, wide, maxParts));
  const end = answer.indexOf(0x0a);
  return {
    head: JSON.parse(utf8.decoder.decode(answer.subarray(0, end))),
    octets: answer.subarray(end + 1), // of the module's memory: to be copied before the next call
  };
}

function latest(wasm, size) {
  return new Uint8Array(wasm.memory.buffer, wasm.answer() >>> 0, size);
}

/** Throws what the Go side refused. */
function refused(answer) {
  const { code, message, ...more } = answer.head;
  if (code !== undefined) throw new SegmentError(code, message, more);
  return answer;
}

function count({ encoding, units, segments, fingerprint }) {
  return { encoding, units, segments, fingerprint };
}

/** Makes an instance ready, and sure that it is the one of this package. */
function wake(host, instance) {
  const wasm = instance.exports;
  if (typeof wasm._initialize !== 'function' || typeof wasm.version !== 'function') {
    throw wrongModule('is another module');
  }
  host.memory = wasm.memory;
  wasm._initialize();
  const its = utf8.decoder.decode(latest(wasm, wasm.version()));
  if (its !== version) throw wrongModule(`is version ${its} and its JavaScript ${version}`);
  return { wasm, host };
}

function compileNow(read) {
  if (read === undefined) {
    throw new SegmentError('NOT_LOADED', 'counter: not loaded: await load() before the first text');
  }
  let octets;
  try {
    octets = read();
  } catch (cause) {
    throw new SegmentError(
      'NOT_LOADED',
      'counter: segment.wasm is not readable beside index.js: leave it there when bundling, or await load() with its octets',
      { cause },
    );
  }
  return new WebAssembly.Module(octets);
}

/** Of a Response, of octets, or of a promise of either. */
async function octetsOf(source) {
  const got = await source;
  if (typeof got?.arrayBuffer !== 'function') return got;
  if (got.ok === false) {
    throw new SegmentError('NOT_LOADED', `load: the response has status ${got.status}: serve segment.wasm of this package`);
  }
  return got.arrayBuffer();
}

function wrongModule(what, cause) {
  return new SegmentError('WRONG_MODULE', `load: the source ${what}: give segment.wasm of this package`, { cause });
}

export { newCounter };
