export * from './data/data-client.ts';
