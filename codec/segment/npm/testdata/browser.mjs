// Under `node -C browser` the package is what a browser gets: nothing is there
// before load(), which takes whatever fetch gives.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as counter from '@ghasi/sms-segment-counter';
import answer from './answer.cjs';

const octets = readFileSync(createRequire(import.meta.url).resolve('@ghasi/sms-segment-counter/segment.wasm'));
const refused = (code, about) => (e) => e instanceof counter.SegmentError && e.code === code && about.test(e.message);

assert.throws(() => counter.countSegments('a'), refused('NOT_LOADED', /await load\(\)/));
await assert.rejects(counter.load(new Response('', { status: 404 })), refused('NOT_LOADED', /status 404/));
await assert.rejects(counter.load(Buffer.from('<!doctype html>')), refused('WRONG_MODULE', /no WebAssembly/));
const empty = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
await assert.rejects(counter.load(empty), refused('WRONG_MODULE', /another module/));

const other = Buffer.from(octets);
for (let at; (at = other.indexOf(counter.version)) >= 0; ) other.write('9.9.9', at);
await assert.rejects(counter.load(other), refused('WRONG_MODULE', /version 9\.9\.9/));
assert.throws(() => counter.countSegments('a'), refused('NOT_LOADED', /await load\(\)/));

await counter.load(Promise.resolve(new Response(octets)));
await counter.load(); // loaded already: it fetches nothing
await counter.load(octets); // and again
answer(counter, process.argv[2]);
