// What a Go module asks of its system (WASI preview 1). The counter needs a clock
// for its garbage collector and a place for its last words, so that this is all;
// what else the module imports is not there, and says so.

const success = 0;
const badFile = 8; // EBADF: no file is open, which is where Go stops asking
const noSuchCall = 52; // ENOSYS

/**
 * Makes the imports of one instance, whose memory has to be put in before it runs.
 *
 * @param {WebAssembly.Module} module
 */
function newHost(module) {
  const host = { imports: {}, memory: undefined, lastWords: '' };
  const view = () => new DataView(host.memory.buffer);

  const nothing = (count, size) => {
    view().setUint32(count, 0, true);
    view().setUint32(size, 0, true);
    return success;
  };
  const calls = {
    args_sizes_get: nothing,
    args_get: () => success,
    environ_sizes_get: nothing,
    environ_get: () => success,
    sched_yield: () => success,
    fd_prestat_get: () => badFile,
    clock_time_get(clock, precision, time) {
      view().setBigUint64(time, BigInt(Date.now()) * 1_000_000n, true);
      return success;
    },
    // It seeds hash tables, in which nothing is secret: fixed, so that every run
    // is alike.
    random_get(at, size) {
      new Uint8Array(host.memory.buffer, at, size).fill(0x36);
      return success;
    },
    // Only a dying module writes: a first line that says why, which is kept for
    // the error, then traces and dumps of memory, which nobody is to see.
    fd_write(file, vectors, count, written) {
      let size = 0;
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + 8 * i, true);
        const length = view().getUint32(vectors + 8 * i + 4, true);
        if (!host.lastWords.includes('\n')) {
          host.lastWords += new TextDecoder().decode(new Uint8Array(host.memory.buffer, at, length));
        }
        size += length;
      }
      view().setUint32(written, size, true);
      return success;
    },
    proc_exit(status) {
      throw new Error(`exit status ${status}`);
    },
  };
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (host.imports[from] ??= {})[name] = calls[name] ?? (() => noSuchCall);
  }
  return host;
}

export { newHost };
