/**
 * Binds functions of the libraries that Node itself is linked with, through `node:ffi`, which is experimental and exists since Node 26.1.
 * Nothing depends on it.
 */

/**
 * @param bind makes what is wanted; may throw, or return undefined, if this Node does something else than expected
 * @returns undefined where FFI is missing (Node before 26.1, `--no-experimental-ffi`), forbidden by the permission model, or changed
 */
export function bindByFfi<Bound>(bind: (ffi: typeof import('node:ffi')) => Bound | undefined): Bound | undefined {
  try {
    const ffi = loadFfi();
    return ffi === undefined ? undefined : bind(ffi);
  } catch {
    return undefined;
  }
}

/** Without its warning: we know that it is experimental (ADR 0011), and an operator or embedder can do nothing about it. */
function loadFfi(): typeof import('node:ffi') | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:ffi');
  } finally {
    process.emitWarning = emitWarning;
  }
}
