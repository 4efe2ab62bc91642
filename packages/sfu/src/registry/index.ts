export { MemoryRegistry } from './memory-registry.ts';
export type * from './registry.ts';
