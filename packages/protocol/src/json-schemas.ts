import { z } from 'zod';
import * as admin from './admin/admin-bodies.ts';
import * as factors from './admin/factor-bodies.ts';
import { LedgerLine } from './admin/ledger-lines.ts';
import * as oidc from './admin/oidc-bodies.ts';
import * as people from './admin/people-bodies.ts';
import * as usage from './admin/usage-bodies.ts';
import * as webhooks from './admin/webhook-bodies.ts';
import { ApiEvent, EventsQuery } from './bodies/api-event.ts';
import { AppSettings } from './bodies/app-settings.ts';
import {
  CloseDataChannelItem,
  CloseDataChannelsReply,
  CloseDataChannelsRequest,
  ClosedDataChannelResult,
  ListDataChannelsReply,
  UpdateDataChannelItem,
  UpdateDataChannelsReply,
  UpdateDataChannelsRequest,
  UpdatedDataChannelResult,
} from './bodies/change-data-channels.ts';
import { ClosedTrackResult, CloseTrackItem, CloseTracksReply, CloseTracksRequest } from './bodies/close-tracks.ts';
import { CreateSessionQuery, CreateSessionReply, CreateSessionRequest } from './bodies/create-session.ts';
import { CanReply, DataChannelStatus, Retain } from './bodies/data-channel-fields.ts';
import {
  DiagnosedPublication,
  DiagnosedSubscription,
  DiagnosedTransport,
  DiagnoseReply,
  DiagnosisCode,
  DiagnosisFinding,
} from './bodies/diagnosis.ts';
import { PublishedTrackResult, PublishItem, PublishReply, PublishRequest } from './bodies/publish.ts';
import {
  PublishDataChannelItem,
  PublishDataChannelsReply,
  PublishDataChannelsRequest,
  PublishedDataChannelResult,
} from './bodies/publish-data-channels.ts';
import { PublicationQuality, QualitySample, SessionEventsQuery, SessionQualityReply, SubscriptionQuality } from './bodies/quality.ts';
import {
  AnswerDescription,
  OfferDescription,
  RenegotiateReply,
  RenegotiateRequest,
  SessionDescription,
} from './bodies/session-description.ts';
import {
  ConnectionState,
  DeleteSessionReply,
  ListSessionsRequest,
  PatchSessionRequest,
  SessionDetails,
  SessionList,
  SessionSummary,
} from './bodies/sessions.ts';
import {
  SubscribedTrackResult,
  SubscribeItem,
  SubscribeReply,
  SubscribeRequest,
  UnsubscribedTrackResult,
  UnsubscribeItem,
  UnsubscribeReply,
  UnsubscribeRequest,
  UpdateTrackItem,
  UpdateTracksReply,
  UpdateTracksRequest,
} from './bodies/subscribe.ts';
import {
  SubscribeDataChannelItem,
  SubscribeDataChannelsReply,
  SubscribeDataChannelsRequest,
  SubscribedDataChannelResult,
} from './bodies/subscribe-data-channels.ts';
import {
  ListTracksReply,
  PatchTrackRequest,
  SimulcastChoice,
  SubscriptionSummary,
  TrackKind,
  TrackStatus,
  TrackSummary,
} from './bodies/track-fields.ts';
import { DataChannelPathReply, TrackPathHop, TrackPathRefusedLink, TrackPathReply } from './bodies/track-path.ts';
import { ErrorCodeSchema, ErrorReply } from './errors/error-reply.ts';
import { DataChannelName, SessionId, TrackId, TrackName } from './ids.ts';
import { TokenMaximum } from './tokens/token-grants.ts';
import { MintTokenReply, MintTokenRequest, RevokeTokensReply, RevokeTokensRequest } from './tokens/token-requests.ts';

/** A JSON Schema (draft 2020-12, the one of OpenAPI 3.1). */
export type JsonSchema = Readonly<Record<string, unknown>>;

const NAMED_SCHEMAS = {
  AnswerDescription,
  ApiEvent,
  CanReply,
  ClosedDataChannelResult,
  CloseDataChannelItem,
  CloseDataChannelsReply,
  CloseDataChannelsRequest,
  ClosedTrackResult,
  CloseTrackItem,
  CloseTracksReply,
  CloseTracksRequest,
  ConnectionState,
  CreateSessionQuery,
  CreateSessionReply,
  CreateSessionRequest,
  DataChannelName,
  DataChannelPathReply,
  DataChannelStatus,
  DeleteSessionReply,
  DiagnosedPublication,
  DiagnosedSubscription,
  DiagnosedTransport,
  DiagnoseReply,
  DiagnosisCode,
  DiagnosisFinding,
  ErrorCode: ErrorCodeSchema,
  ErrorReply,
  EventsQuery,
  ListDataChannelsReply,
  ListSessionsRequest,
  ListTracksReply,
  MintTokenReply,
  MintTokenRequest,
  OfferDescription,
  PatchSessionRequest,
  PatchTrackRequest,
  PublicationQuality,
  PublishDataChannelItem,
  PublishDataChannelsReply,
  PublishDataChannelsRequest,
  PublishedDataChannelResult,
  PublishedTrackResult,
  PublishItem,
  PublishReply,
  PublishRequest,
  QualitySample,
  RenegotiateReply,
  RenegotiateRequest,
  RevokeTokensReply,
  RevokeTokensRequest,
  Retain,
  SessionDescription,
  SessionDetails,
  SessionEventsQuery,
  SessionId,
  SessionList,
  SessionQualityReply,
  SessionSummary,
  SimulcastChoice,
  SubscribeDataChannelItem,
  SubscribeDataChannelsReply,
  SubscribeDataChannelsRequest,
  SubscribedDataChannelResult,
  SubscribedTrackResult,
  SubscribeItem,
  SubscribeReply,
  SubscribeRequest,
  SubscriptionQuality,
  SubscriptionSummary,
  TokenMaximum,
  TrackId,
  TrackKind,
  TrackName,
  TrackPathHop,
  TrackPathRefusedLink,
  TrackPathReply,
  TrackStatus,
  TrackSummary,
  UnsubscribedTrackResult,
  UnsubscribeItem,
  UnsubscribeReply,
  UnsubscribeRequest,
  UpdateDataChannelItem,
  UpdateDataChannelsReply,
  UpdateDataChannelsRequest,
  UpdatedDataChannelResult,
  UpdateTrackItem,
  UpdateTracksReply,
  UpdateTracksRequest,
  AppSettings,
  AdminPageQuery: admin.AdminPageQuery,
  AdminOrg: admin.AdminOrg,
  AdminApp: admin.AdminApp,
  AdminAppList: admin.AdminAppList,
  CreateAppRequest: admin.CreateAppRequest,
  PatchAppRequest: admin.PatchAppRequest,
  AdminKey: admin.AdminKey,
  AdminKeyList: admin.AdminKeyList,
  IssuedKeyReply: admin.IssuedKeyReply,
  CreateKeyRequest: admin.CreateKeyRequest,
  CreateKeyReply: admin.CreateKeyReply,
  CreateAdminKeyRequest: admin.CreateAdminKeyRequest,
  RollKeyRequest: admin.RollKeyRequest,
  AdminAuditEntry: admin.AdminAuditEntry,
  AdminAuditList: admin.AdminAuditList,
  SetUpRequest: admin.SetUpRequest,
  SetUpReply: admin.SetUpReply,
  RemovedReply: admin.RemovedReply,
  UsageRangeQuery: usage.UsageRangeQuery,
  UsageCounts: usage.UsageCounts,
  UsageRow: usage.UsageRow,
  UsageReply: usage.UsageReply,
  LedgerQuery: usage.LedgerQuery,
  LedgerLine,
  BillQuery: usage.BillQuery,
  BillReply: usage.BillReply,
  AdminRole: people.AdminRole,
  AdminPerson: people.AdminPerson,
  AdminMembership: people.AdminMembership,
  SignUpRequest: people.SignUpRequest,
  SignInRequest: people.SignInRequest,
  SignInWaysReply: oidc.SignInWaysReply,
  OfferOidcSignInRequest: oidc.OfferOidcSignInRequest,
  OfferOidcConnectionRequest: oidc.OfferOidcConnectionRequest,
  OidcOfferReply: oidc.OidcOfferReply,
  OidcSignInRequest: oidc.OidcSignInRequest,
  AdminOidcConnection: oidc.AdminOidcConnection,
  FactorsReply: factors.FactorsReply,
  OfferTotpRequest: factors.OfferTotpRequest,
  OfferTotpReply: factors.OfferTotpReply,
  ConfirmTotpRequest: factors.ConfirmTotpRequest,
  ConfirmTotpReply: factors.ConfirmTotpReply,
  RemoveTotpRequest: factors.RemoveTotpRequest,
  AdminPasskey: factors.AdminPasskey,
  PasskeyOptionsReply: factors.PasskeyOptionsReply,
  OfferPasskeyRequest: factors.OfferPasskeyRequest,
  AddPasskeyRequest: factors.AddPasskeyRequest,
  PasskeySignInRequest: factors.PasskeySignInRequest,
  WhoAmIReply: people.WhoAmIReply,
  ChangePasswordRequest: people.ChangePasswordRequest,
  AdminMember: people.AdminMember,
  AdminMemberList: people.AdminMemberList,
  PatchMemberRequest: people.PatchMemberRequest,
  AdminInvitation: people.AdminInvitation,
  AdminInvitationList: people.AdminInvitationList,
  CreateInvitationRequest: people.CreateInvitationRequest,
  CreateInvitationReply: people.CreateInvitationReply,
  ReadInvitationRequest: people.ReadInvitationRequest,
  ReadInvitationReply: people.ReadInvitationReply,
  AcceptInvitationRequest: people.AcceptInvitationRequest,
  AppTokenReply: people.AppTokenReply,
  AdminNodeLink: people.AdminNodeLink,
  AdminNode: people.AdminNode,
  AdminNodeList: people.AdminNodeList,
  AdminWebhook: webhooks.AdminWebhook,
  AdminWebhookList: webhooks.AdminWebhookList,
  CreateWebhookRequest: webhooks.CreateWebhookRequest,
  IssuedWebhookReply: webhooks.IssuedWebhookReply,
  PatchWebhookRequest: webhooks.PatchWebhookRequest,
  RotateWebhookSecretRequest: webhooks.RotateWebhookSecretRequest,
  WebhookAttempt: webhooks.WebhookAttempt,
  WebhookDelivery: webhooks.WebhookDelivery,
  WebhookDeliveriesQuery: webhooks.WebhookDeliveriesQuery,
  WebhookDeliveryList: webhooks.WebhookDeliveryList,
  ReplayWebhookRequest: webhooks.ReplayWebhookRequest,
  ReplayWebhookReply: webhooks.ReplayWebhookReply,
} as const satisfies Record<string, z.ZodType>;

/** Name of a body or of a part of one, the same here, in the source and in the OpenAPI document. */
export type SchemaName = keyof typeof NAMED_SCHEMAS;

/**
 * Describes every body of the HTTP API as JSON Schema. Rules that concern several fields are only in the descriptions.
 *
 * @param refPrefix prefix of a `$ref` to another of these schemas, such as `#/components/schemas/`
 */
export function describeBodies(refPrefix: string): Readonly<Record<SchemaName, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED_SCHEMAS)) registry.add(schema, { id });
  // 'input' allows unknown fields, which requests may have and later versions of a reply will have.
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `${refPrefix}${id}`, io: 'input' });
  const entries = Object.entries(schemas).map(([name, { $schema, $id, ...schema }]): [string, JsonSchema] => [name, schema]);
  return Object.fromEntries(entries) as Record<SchemaName, JsonSchema>;
}
