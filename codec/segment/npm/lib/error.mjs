/**
 * What was refused, by code. The message names field, shape and remedy, and no
 * part of the text, so that it can be logged.
 */
class SegmentError extends Error {
  constructor(code, message, { cause, ...more } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SegmentError';
    this.code = code;
    Object.assign(this, more);
  }
}

export { SegmentError };
