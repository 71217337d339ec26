// Browsers and bundlers. Nothing can be read at once here: load() comes first.

import { newCounter } from './lib/counter.mjs';

const open = () => fetch(new URL('./segment.wasm', import.meta.url));

export const { countSegments, splitSegments, load, version, SegmentError } = newCounter(undefined, open);
