export type { App, AppStore, NewApp } from '@causeway/accounts';
export { createApp, createStaticAppStore, generateSecret } from '@causeway/accounts';
export * from './api/api-router.ts';
export * from './dashboard/dashboard-router.ts';
export { EventDesk, type EventDeskOptions } from './events/event-desk.ts';
export { ClusterCalls, type ClusterServices } from './forwarding/cluster-calls.ts';
export type { IdempotencyStore, IdempotentCall, IdempotentReply } from './limits/idempotency.ts';
export * from './logging/logger.ts';
export * from './openapi/openapi-document.ts';
