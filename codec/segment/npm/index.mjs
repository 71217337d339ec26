// Node, ESM: the same objects as CommonJS has, so that a SegmentError is one
// wherever it was thrown.

import counter from './index.js';

export const { countSegments, splitSegments, load, version, SegmentError } = counter;
