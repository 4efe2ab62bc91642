export * from './allocator.ts';
export * from './estimator.ts';
export * from './pacer.ts';
