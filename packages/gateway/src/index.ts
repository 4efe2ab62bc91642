export type { App, AppStore, NewApp } from '@causeway/accounts';
export { createApp, createStaticAppStore } from '@causeway/accounts';
export * from './api/api-router.ts';
export * from './dashboard/dashboard-router.ts';
export type { IdempotencyStore, IdempotentCall, IdempotentReply } from './limits/idempotency.ts';
export * from './logging/logger.ts';
export * from './openapi/openapi-document.ts';
