export {
  AdminApp,
  AdminAppList,
  AdminAuditEntry,
  AdminAuditList,
  AdminKey,
  AdminKeyList,
  AdminOrg,
  AdminPageQuery,
  CreateAdminKeyRequest,
  CreateAppRequest,
  CreateKeyReply,
  CreateKeyRequest,
  IssuedKeyReply,
  PatchAppRequest,
  RemovedReply,
  RollKeyRequest,
  SetUpReply,
  SetUpRequest,
} from './admin/admin-bodies.ts';
export * from './admin/factor-bodies.ts';
export * from './admin/ledger-lines.ts';
export * from './admin/people-bodies.ts';
export * from './admin/roles.ts';
export * from './admin/usage-bodies.ts';
export * from './admin/webhook-bodies.ts';
export * from './bodies/api-event.ts';
export * from './bodies/app-settings.ts';
export * from './bodies/close-tracks.ts';
export * from './bodies/create-session.ts';
export * from './bodies/data-channels.ts';
export * from './bodies/diagnosis.ts';
export * from './bodies/publish.ts';
export * from './bodies/quality.ts';
export * from './bodies/session-description.ts';
export * from './bodies/sessions.ts';
export * from './bodies/subscribe.ts';
export {
  ListTracksReply,
  PatchTrackReply,
  PatchTrackRequest,
  SimulcastChoice,
  SubscriptionSummary,
  TrackKind,
  TrackStatus,
  TrackSummary,
} from './bodies/track-fields.ts';
export * from './bodies/track-path.ts';
export * from './errors/error-codes.ts';
export { ErrorReply, type FailedItem } from './errors/error-reply.ts';
export * from './errors/sfu-error.ts';
export * from './ids.ts';
export * from './json-schemas.ts';
export * from './limits.ts';
export * from './parse-request.ts';
export * from './tokens/token-grants.ts';
