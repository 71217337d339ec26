'use strict';

// Calls 100,000 times, and says what the module's memory was on the way.

const { Instance } = WebAssembly;
let memory;
WebAssembly.Instance = function (...args) {
  const instance = new Instance(...args);
  memory = instance.exports.memory;
  return instance;
};

const { countSegments, splitSegments } = require('@ghasi/sms-segment-counter');

const texts = ['hello', 'سلام '.repeat(20), 'a€'.repeat(200), '😀'.repeat(100), 'Your code: 48213 '.repeat(15), 'x'.repeat(40_000)];
const encodings = ['AUTO', 'GSM7', 'GSM7_FORCE', 'UCS2'];
const octets = [];
let refused = 0;
for (let i = 0; i < 100_000; i++) {
  const long = i % 1000 === 5; // one that is refused for its length, now and then
  const text = texts[long ? 5 : i % 5];
  try {
    (i % 2 ? splitSegments : countSegments)(text, { encoding: encodings[(i >> 3) % 4] });
  } catch {
    refused++;
  }
  if ((i + 1) % 10_000 === 0) octets.push(memory.buffer.byteLength);
}
process.stdout.write(JSON.stringify({ octets, refused }));
