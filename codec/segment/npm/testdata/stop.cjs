'use strict';

// Under --wasm-max-mem-pages a long text stops the module; the next ones count.

const assert = require('node:assert/strict');
const { countSegments, SegmentError } = require('@ghasi/sms-segment-counter');

const before = countSegments('hello');
const stops = () =>
  assert.throws(
    () => countSegments('SECRET '.repeat(6_000_000)),
    (e) =>
      e instanceof SegmentError && e.code === 'STOPPED' && /42000000 UTF-16 units/.test(e.message) &&
      /out of memory/.test(e.cause.message) && !/SECRET/.test(e.message + e.cause.message),
  );
for (let i = 0; i < 2; i++) {
  stops();
  // Enough for the garbage collector, which a stopped module would fall over.
  for (let j = 0; j < 1000; j++) countSegments('سلام '.repeat(j), { maxParts: -1 });
  assert.deepEqual(countSegments('hello'), before);
}
