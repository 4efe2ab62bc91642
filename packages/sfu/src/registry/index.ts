export { findTrack } from './find-track.ts';
export { MemoryRegistry } from './memory-registry.ts';
export type * from './registry.ts';
