/** Requests and replies of the admin API about webhooks: addresses to which nodes send the events of an app. */
import { z } from 'zod';
import { API_EVENT_TYPES } from '../bodies/api-event.ts';
import { AppId } from '../ids.ts';
import { AdminPageQuery, Time } from './admin-bodies.ts';

const MAX_URL_LENGTH = 2_048;
const MAX_DESCRIPTION_LENGTH = 256;
const SECONDS_PER_DAY = 86_400;

/** One pattern for each group of types that begin with the same word, such as `track.*`. */
const EVENT_GROUPS = [...new Set(API_EVENT_TYPES.map((type) => `${type.slice(0, type.indexOf('.'))}.*` as const))];
const EVENT_PATTERNS: readonly [string, ...string[]] = ['*', ...EVENT_GROUPS, ...API_EVENT_TYPES];

/** The types of events that are sent to a webhook. */
const WantedEvents = z.array(z.enum(EVENT_PATTERNS)).min(1).max(EVENT_PATTERNS.length);

const Url = z
  .string()
  .max(MAX_URL_LENGTH)
  .meta({
    description: 'An https URL without user, password or fragment, whose host has only public addresses',
    examples: ['https://example.org/hook'],
  });
const Description = z
  .string()
  .trim()
  .max(MAX_DESCRIPTION_LENGTH)
  .regex(/^[^\p{Cc}]*$/u, 'must have no control characters')
  .meta({ description: 'A note for people' });

/** Why nothing is sent to a webhook. */
export const WEBHOOK_DISABLINGS = ['requested', 'gone', 'failing', 'unreadable'] as const;

/** A webhook, without its secret. */
export const AdminWebhook = z.object({
  id: z.string(),
  appId: AppId,
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()).meta({ description: 'Types of events that are sent to it, such as `*`, `track.*` or `session.closed`' }),
  disabled: z.boolean(),
  disabledReason: z.enum(WEBHOOK_DISABLINGS).optional().meta({
    description:
      'Missing while it is enabled. `requested`: an API call disabled it; `gone`: its receiver replied 410; `failing`: no delivery has succeeded for five days; `unreadable`: the node cannot read its secret, which must be rotated',
  }),
  disabledAt: Time.optional(),
  failingSince: Time.optional().meta({
    description: 'Time of the first failed attempt since the last successful one; missing if there was none',
  }),
  publicKey: z
    .string()
    .meta({ description: 'Verifies the `v1a` signatures (Ed25519), as an alternative to the secret', examples: ['whpk_…'] }),
  formerSecretEndsAt: Time.optional().meta({ description: 'Until then, deliveries are also signed with the previous secret' }),
  version: z.int().meta({ description: 'Increases with every change by an API call; also sent as `ETag`' }),
  createdAt: Time,
  updatedAt: Time,
});
export type AdminWebhook = z.infer<typeof AdminWebhook>;

/** The webhooks of an app, oldest first. */
export const AdminWebhookList = z.object({ webhooks: z.array(AdminWebhook) });
export type AdminWebhookList = z.infer<typeof AdminWebhookList>;

/** A new webhook. */
export const CreateWebhookRequest = z.object({
  url: Url,
  description: Description.default(''),
  events: WantedEvents.default(['*']).meta({ description: 'Default: all' }),
});
export type CreateWebhookRequest = z.infer<typeof CreateWebhookRequest>;

/** A webhook with its secret, which is shown only once. */
export const IssuedWebhookReply = z.object({
  webhook: AdminWebhook,
  secret: z.string().meta({ description: 'Verifies the `v1` signatures (HMAC-SHA256); shown only in this reply', examples: ['whsec_…'] }),
});
export type IssuedWebhookReply = z.infer<typeof IssuedWebhookReply>;

/** The changes to a webhook; missing fields stay as they are. */
export const PatchWebhookRequest = z.object({
  url: Url.optional(),
  description: Description.optional(),
  events: WantedEvents.optional(),
  disabled: z
    .boolean()
    .optional()
    .meta({ description: 'Deliveries that are waiting when a webhook is disabled are not sent; `replay` sends them later' }),
});
export type PatchWebhookRequest = z.infer<typeof PatchWebhookRequest>;

/** Replaces the secret of a webhook. */
export const RotateWebhookSecretRequest = z.object({
  expiresIn: z
    .int()
    .min(0)
    .max(7 * SECONDS_PER_DAY)
    .default(SECONDS_PER_DAY)
    .meta({ description: 'Seconds for which deliveries are also signed with the old secret' }),
});
export type RotateWebhookSecretRequest = z.infer<typeof RotateWebhookSecretRequest>;

/** The states of a delivery. */
export const WEBHOOK_DELIVERY_STATES = ['waiting', 'delivered', 'failed', 'cancelled'] as const;

/** One attempt to deliver an event. */
export const WebhookAttempt = z.object({
  at: Time,
  durationMs: z.int(),
  status: z.int().optional().meta({ description: 'HTTP status of the reply; missing if there was none' }),
  error: z.string().optional().meta({ description: 'Why there was no reply, such as `timeout` or `address_refused`' }),
});
export type WebhookAttempt = z.infer<typeof WebhookAttempt>;

/** One event for one webhook, with its state and attempts. */
export const WebhookDelivery = z.object({
  id: z.string(),
  webhookId: z.string(),
  messageId: z.string().meta({ description: 'The header `webhook-id`: the same for all attempts, redeliveries and replays of the event' }),
  eventId: z.string(),
  eventType: z.string(),
  eventAt: Time,
  sessionId: z.string().optional(),
  state: z.enum(WEBHOOK_DELIVERY_STATES).meta({
    description: '`failed` after the last attempt; `cancelled` if the webhook was disabled before that',
  }),
  queuedAt: Time,
  nextAttemptAt: Time.optional().meta({
    description: 'Missing if there is none, or if an earlier event of the session must be delivered first',
  }),
  attempts: z.array(WebhookAttempt).meta({ description: 'The oldest first' }),
  response: z.string().optional().meta({ description: 'The beginning of the body of the last reply; at most 1,024 characters' }),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

/** The deliveries of a webhook to list. */
export const WebhookDeliveriesQuery = AdminPageQuery.extend({ state: z.enum(WEBHOOK_DELIVERY_STATES).optional() });
export type WebhookDeliveriesQuery = z.infer<typeof WebhookDeliveriesQuery>;

/** A page of the delivery log, which covers the last 30 days. */
export const WebhookDeliveryList = z.object({
  deliveries: z.array(WebhookDelivery).meta({ description: 'The newest first' }),
});
export type WebhookDeliveryList = z.infer<typeof WebhookDeliveryList>;

/** Where the events to send again begin. */
export const ReplayWebhookRequest = z
  .object({
    since: z.iso.datetime().optional().meta({ description: 'Events that happened at this time or later' }),
    afterEventId: z.string().min(1).max(128).optional().meta({ description: 'Events after this one' }),
  })
  .refine(({ since, afterEventId }) => (since === undefined) !== (afterEventId === undefined), 'must have either since or afterEventId');
export type ReplayWebhookRequest = z.infer<typeof ReplayWebhookRequest>;

/** The result of a replay. */
export const ReplayWebhookReply = z.object({
  queued: z.int().meta({ description: 'Number of events that will be sent, without those that are still waiting' }),
  lastEventId: z.string().optional().meta({ description: 'The last event that this call examined; missing if there was none' }),
  hasMore: z.boolean().meta({ description: 'Whether more events follow `lastEventId`; pass it as `afterEventId` to continue' }),
});
export type ReplayWebhookReply = z.infer<typeof ReplayWebhookReply>;
