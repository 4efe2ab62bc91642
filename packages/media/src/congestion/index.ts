export * from './allocator.ts';
export * from './pacer.ts';
