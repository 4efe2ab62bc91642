export * from './pacer.ts';
