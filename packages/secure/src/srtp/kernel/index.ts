/**
 * The SRTP kernel: the most expensive operations on a packet, in WebAssembly SIMD. It is AssemblyScript, compiled by `npm run build:kernel`
 * into `src/generated/`. It has no state except scratch space; keys, keystreams and packets belong to the caller.
 */
import { SINGLE_STATE } from './sha1-single';

export { authenticate } from './authenticate';
export { applyKeystream, fillCounterBlocks } from './keystream';
export { compressSingle } from './sha1-single';

/** The first byte of memory that the kernel does not use itself. */
export function firstFreeByte(): usize {
  return __heap_base;
}

/** The address of the chaining value of `compressSingle`. */
export function singleState(): usize {
  return SINGLE_STATE;
}
