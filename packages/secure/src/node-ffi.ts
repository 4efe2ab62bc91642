/**
 * Binds functions of the libraries that Node itself is linked with, through `node:ffi`, which is experimental and available since Node
 * 26.1. It is only an optimisation.
 */

/**
 * Calls `bind` with the FFI module.
 *
 * @param bind creates the binding; may throw or return undefined if this version of Node behaves differently from what it expects
 * @returns undefined if FFI is missing (Node before 26.1, `--no-experimental-ffi`), forbidden by the permission model, or has changed
 */
export function bindByFfi<Bound>(bind: (ffi: typeof import('node:ffi')) => Bound | undefined): Bound | undefined {
  try {
    const ffi = loadFfi();
    return ffi === undefined ? undefined : bind(ffi);
  } catch {
    return undefined;
  }
}

/**
 * Loads the module without its warning. We know that it is experimental (ADR 0011), and an operator or embedder could do nothing about it.
 */
function loadFfi(): typeof import('node:ffi') | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:ffi');
  } finally {
    process.emitWarning = emitWarning;
  }
}
