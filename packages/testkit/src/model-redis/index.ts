export * from './model-redis.ts';
export * from './model-redis-client.ts';
