'use strict';

// Answers cases, a line of JSON each, by the package as a consumer sees it:
//   {text | units | value, options?}  ──►  {count, split}
// units are UTF-16, for strings that JSON cannot hold; value is no string.

const { readFileSync } = require('node:fs');

module.exports = function answer(counter, file) {
  const hex = (octets) => Buffer.from(octets).toString('hex');
  const attempt = (call) => {
    try {
      return call();
    } catch (e) {
      const typed = e instanceof Error && e instanceof counter.SegmentError && e.name === 'SegmentError';
      return { refused: { ...e, name: undefined, message: e.message, typed } };
    }
  };
  const lines = [{ version: counter.version, names: Object.keys(counter).sort() }];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const { text, units, value, options } = JSON.parse(line);
    const given = units ? String.fromCharCode(...units) : (text ?? value);
    lines.push({
      count: attempt(() => counter.countSegments(given, options)),
      split: attempt(() => {
        const plan = counter.splitSegments(given, options);
        const own = plan.parts.every((part) => part instanceof Uint8Array && part.buffer.byteLength === part.length);
        return { ...plan, parts: own ? plan.parts.map(hex) : 'views of something larger' };
      }),
    });
  }
  process.stdout.write(lines.map((line) => JSON.stringify(line)).join('\n') + '\n');
};
