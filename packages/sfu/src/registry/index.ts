export { MemoryRegistry } from './memory-registry.ts';
export type * from './registry.ts';
export { findTrack } from './registry.ts';
