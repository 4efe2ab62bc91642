/** What the admin API takes and replies about webhooks: addresses of an app to which nodes send its events. */
import { z } from 'zod';
import { API_EVENT_TYPES } from '../bodies/api-event.ts';
import { AppId } from '../ids.ts';
import { AdminPageQuery, Time } from './admin-bodies.ts';

const MAX_URL_LENGTH = 2_048;
const MAX_DESCRIPTION_LENGTH = 256;
const SECONDS_PER_DAY = 86_400;

/** All types that begin with the same word: `track.*`. */
const EVENT_GROUPS = [...new Set(API_EVENT_TYPES.map((type) => `${type.slice(0, type.indexOf('.'))}.*` as const))];
const EVENT_PATTERNS: readonly [string, ...string[]] = ['*', ...EVENT_GROUPS, ...API_EVENT_TYPES];

/** Which events a webhook is sent. */
const WantedEvents = z.array(z.enum(EVENT_PATTERNS)).min(1).max(EVENT_PATTERNS.length);

const Url = z
  .string()
  .max(MAX_URL_LENGTH)
  .meta({
    description: 'https, without user, password and fragment; its host must have public addresses',
    examples: ['https://example.org/hook'],
  });
const Description = z
  .string()
  .trim()
  .max(MAX_DESCRIPTION_LENGTH)
  .regex(/^[^\p{Cc}]*$/u, 'must have no control characters')
  .meta({ description: 'For people to read' });

/** Why a webhook is sent nothing. */
export const WEBHOOK_DISABLINGS = ['requested', 'gone', 'failing', 'unreadable'] as const;

/** A webhook, without its secret. */
export const AdminWebhook = z.object({
  id: z.string(),
  appId: AppId,
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()).meta({ description: 'Types of events that it is sent: `*`, `track.*`, `session.closed`' }),
  disabled: z.boolean(),
  disabledReason: z.enum(WEBHOOK_DISABLINGS).optional().meta({
    description:
      'Missing while it is not disabled. `requested`: by a call; `gone`: its receiver has replied 410; `failing`: nothing has arrived for five days; `unreadable`: the node cannot read its secret, which must be rotated',
  }),
  disabledAt: Time.optional(),
  failingSince: Time.optional().meta({ description: 'When the first attempt failed since one last succeeded; missing if none has' }),
  publicKey: z.string().meta({ description: 'Verifies the `v1a` signatures (Ed25519), in place of the secret', examples: ['whpk_…'] }),
  formerSecretEndsAt: Time.optional().meta({ description: 'Until then what is sent is signed with the secret before as well' }),
  version: z.int().meta({ description: 'Rises with every change by a call; also the `ETag`' }),
  createdAt: Time,
  updatedAt: Time,
});
export type AdminWebhook = z.infer<typeof AdminWebhook>;

/** The webhooks of an app, the oldest first. */
export const AdminWebhookList = z.object({ webhooks: z.array(AdminWebhook) });
export type AdminWebhookList = z.infer<typeof AdminWebhookList>;

/** A new webhook. */
export const CreateWebhookRequest = z.object({
  url: Url,
  description: Description.default(''),
  events: WantedEvents.default(['*']).meta({ description: 'Default: all' }),
});
export type CreateWebhookRequest = z.infer<typeof CreateWebhookRequest>;

/** A webhook, and the one time that its secret is told. */
export const IssuedWebhookReply = z.object({
  webhook: AdminWebhook,
  secret: z.string().meta({ description: 'Verifies the `v1` signatures (HMAC-SHA256); shown in this reply alone', examples: ['whsec_…'] }),
});
export type IssuedWebhookReply = z.infer<typeof IssuedWebhookReply>;

/** What to change of a webhook; what is missing stays. */
export const PatchWebhookRequest = z.object({
  url: Url.optional(),
  description: Description.optional(),
  events: WantedEvents.optional(),
  disabled: z.boolean().optional().meta({ description: 'What waits when a webhook is disabled is not sent; `replay` sends it later' }),
});
export type PatchWebhookRequest = z.infer<typeof PatchWebhookRequest>;

/** How the secret of a webhook is replaced. */
export const RotateWebhookSecretRequest = z.object({
  expiresIn: z
    .int()
    .min(0)
    .max(7 * SECONDS_PER_DAY)
    .default(SECONDS_PER_DAY)
    .meta({ description: 'Seconds for which what is sent is signed with the old secret as well' }),
});
export type RotateWebhookSecretRequest = z.infer<typeof RotateWebhookSecretRequest>;

/** What becomes of a delivery. */
export const WEBHOOK_DELIVERY_STATES = ['waiting', 'delivered', 'failed', 'cancelled'] as const;

/** One try to deliver an event. */
export const WebhookAttempt = z.object({
  at: Time,
  durationMs: z.int(),
  status: z.int().optional().meta({ description: 'HTTP status of the reply; missing if there was none' }),
  error: z.string().optional().meta({ description: 'Why there was no reply, such as `timeout` or `address_refused`' }),
});
export type WebhookAttempt = z.infer<typeof WebhookAttempt>;

/** One event for one webhook, and what became of it. */
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
  nextAttemptAt: Time.optional().meta({ description: 'Missing if there is none, or an earlier event of the session comes first' }),
  attempts: z.array(WebhookAttempt).meta({ description: 'The oldest first' }),
  response: z.string().optional().meta({ description: 'How the body of the last reply began; at most 1,024 characters' }),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

/** Which deliveries of a webhook to list. */
export const WebhookDeliveriesQuery = AdminPageQuery.extend({ state: z.enum(WEBHOOK_DELIVERY_STATES).optional() });
export type WebhookDeliveriesQuery = z.infer<typeof WebhookDeliveriesQuery>;

/** A page of the delivery log, which has the last 30 days. */
export const WebhookDeliveryList = z.object({
  deliveries: z.array(WebhookDelivery).meta({ description: 'The newest first' }),
});
export type WebhookDeliveryList = z.infer<typeof WebhookDeliveryList>;

/** From where on events are to be sent again. */
export const ReplayWebhookRequest = z
  .object({
    since: z.iso.datetime().optional().meta({ description: 'Events that happened at this time or later' }),
    afterEventId: z.string().min(1).max(128).optional().meta({ description: 'Events after this one' }),
  })
  .refine(
    ({ since, afterEventId }) => (since === undefined) !== (afterEventId === undefined),
    'must have since or afterEventId, and not both',
  );
export type ReplayWebhookRequest = z.infer<typeof ReplayWebhookRequest>;

/** How much is sent again. */
export const ReplayWebhookReply = z.object({
  queued: z.int().meta({ description: 'Events that will be sent; those that still wait for the webhook are not among them' }),
  lastEventId: z.string().optional().meta({ description: 'The last event that this call has looked at; missing if there was none' }),
  hasMore: z.boolean().meta({ description: 'Whether there are more after it: call again with it as `afterEventId`' }),
});
export type ReplayWebhookReply = z.infer<typeof ReplayWebhookReply>;
