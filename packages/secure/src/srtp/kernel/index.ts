/**
 * The SRTP kernel: what a packet costs most, in WebAssembly SIMD. AssemblyScript, compiled by `npm run build:kernel` into
 * `src/generated/`. It has no state of its own beyond scratch space: keys, keystreams and packets are the caller's.
 */
import { SINGLE_STATE } from './sha1-single';

export { authenticate } from './authenticate';
export { applyKeystream, fillCounterBlocks } from './keystream';
export { compressSingle } from './sha1-single';

/** The first byte of memory that the kernel does not use itself. */
export function firstFreeByte(): usize {
  return __heap_base;
}

/** Where `compressSingle` keeps its chaining value. */
export function singleState(): usize {
  return SINGLE_STATE;
}
