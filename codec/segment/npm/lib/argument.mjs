import { SegmentError } from './error.mjs';

/** By the number that codec/segment gives them. */
const encodings = ['AUTO', 'GSM7', 'UCS2', 'GSM7_FORCE'];

const optionNames = ['encoding', 'referenceBits', 'maxParts'];

const int32 = 2 ** 31;

/**
 * Refuses what is no text. TextEncoder would write U+FFFD for half a surrogate
 * pair and say nothing: another text, with a fingerprint of its own.
 */
function checkText(text) {
  if (typeof text !== 'string') {
    throw new SegmentError('NOT_A_STRING', `text: ${shape(text)}: give a string`, { field: 'text' });
  }
  const at = text.search(/\p{Surrogate}/u); // with the flag u a whole pair is no surrogate
  if (at >= 0) {
    let offset = 0;
    for (const _ of text.slice(0, at)) offset++;
    throw new SegmentError(
      'LONE_SURROGATE',
      `text: half of a surrogate pair at character ${offset}: cut and join strings between characters, not inside one`,
      { field: 'text', offset },
    );
  }
}

/**
 * Reads the options into the arguments of the module. A name that it does not
 * know is refused: a misspelt option would count by another rule than was meant.
 */
function readOptions(options = {}) {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid('options', shape(options), `an object of ${optionNames.join(', ')}`);
  }
  for (const name of Object.keys(options)) {
    if (!optionNames.includes(name)) {
      throw invalid('options', unknown(name), optionNames.join(', '));
    }
  }
  const { encoding = 'AUTO', referenceBits = 8, maxParts = 0 } = options;
  const number = encodings.indexOf(encoding);
  if (number < 0) {
    throw invalid('encoding', typeof encoding === 'string' ? unknown(encoding) : shape(encoding), 'AUTO, GSM7, UCS2 or GSM7_FORCE');
  }
  if (referenceBits !== 8 && referenceBits !== 16) {
    throw invalid('referenceBits', numeral(referenceBits), '8 or 16');
  }
  if (!Number.isInteger(maxParts) || maxParts < -int32 || maxParts >= int32) {
    throw invalid('maxParts', numeral(maxParts), 'a whole number; 0 for 255, a negative one for no limit');
  }
  return { encoding: number, wide: referenceBits === 16, maxParts };
}

function invalid(field, what, want) {
  return new SegmentError('INVALID_OPTION', `${field}: ${what}: want ${want}`, { field });
}

/** What a value is, without its content: it may be a text that came as the wrong argument. */
function shape(value) {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

/** The same for an option that is a number, which may be shown. */
function numeral(value) {
  return typeof value === 'number' ? String(value) : shape(value);
}

function unknown(name) {
  return `unknown name of ${name.length} characters`;
}

export { checkText, readOptions };
