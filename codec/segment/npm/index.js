'use strict';

// Node, CommonJS. The module lies beside this file and is compiled at the first text.

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { newCounter } = require('./lib/counter.cjs');

const read = () => readFileSync(join(__dirname, 'segment.wasm'));

module.exports = newCounter(read, read);
