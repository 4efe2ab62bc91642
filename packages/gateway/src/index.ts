export {
  type App,
  type AppStore,
  createApp,
  createStaticAppStore,
  generateSecret,
  type NewApp,
  TokenDesk,
  type TokenDeskOptions,
} from '@causeway/accounts';
export type { ApiAction, ApiTarget, ApiUser, Authorize } from './api/authorize.ts';
export * from './api-router.ts';
export { createHttpServer, type HttpServerGuards, type HttpServerLimits } from './daemon/http-server.ts';
export * from './dashboard/dashboard-router.ts';
export { EventDesk, type EventDeskOptions, type SharedEvents } from './events/event-desk.ts';
export { type ClientLimitOptions, ClientLimits, type ClientRefusal, DEFAULT_CLIENT_LIMITS } from './limits/client-limits.ts';
export { ConnectionLimit } from './limits/connection-limit.ts';
export type { IdempotencyStore, IdempotentCall, IdempotentReply } from './limits/idempotency.ts';
export * from './logging/logger.ts';
export * from './openapi/openapi-document.ts';
export { ClusterCalls, type ClusterServices } from './placement/cluster-calls.ts';
