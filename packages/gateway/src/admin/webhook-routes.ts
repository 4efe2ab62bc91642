/** Endpoints for the webhooks of apps and their log of deliveries. */
import {
  createWebhookId,
  type LoggedAttempt,
  type LoggedDelivery,
  type ReplayStart,
  type Webhook,
  type WebhookPatch,
} from '@causeway/accounts';
import {
  type AdminWebhook,
  type AppId,
  CreateWebhookRequest,
  PatchWebhookRequest,
  parseRequest,
  ReplayWebhookRequest,
  type Right,
  RotateWebhookSecretRequest,
  SfuError,
  type WebhookAttempt,
  WebhookDeliveriesQuery,
  type WebhookDelivery,
} from '@causeway/protocol';
import type { RouteReply } from '../api/route.ts';
import { messageIdOf } from '../webhooks/delivery-message.ts';
import type { NodeWebhooks } from '../webhooks/open-webhooks.ts';
import { checkWebhookUrl } from '../webhooks/webhook-url.ts';
import { timeText } from './admin-bodies.ts';
import { type AdminCall, type AdminRoute, roleIn } from './admin-route.ts';
import { actorOf, ownApp, requireRight } from './owned.ts';

const MS_PER_SECOND = 1_000;
/** The maximum number of events that one call replays; another call continues. */
const MAX_REPLAYED = 5_000;
const DELIVERY_ID = /^[1-9][0-9]{0,14}$/;
const REMOVED: RouteReply = { body: { success: true } };

/** Every endpoint for webhooks. */
export const WEBHOOK_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'listWebhooks',
    access: 'admin',
    method: 'get',
    path: '/apps/:app_id/webhooks',
    summary: 'List the webhooks of an app',
    reply: 'AdminWebhookList',
    errors: ['app_not_found'],
    async handle(call) {
      const { books, desk } = requireWebhooks(call);
      const webhooks = await books.listWebhooks((await ownApp(call, 'read')).id);
      return { body: { webhooks: webhooks.map((each) => webhookBody(each, desk.publicKeyOf(each))) } };
    },
  },
  {
    operationId: 'createWebhook',
    access: 'admin',
    method: 'post',
    path: '/apps/:app_id/webhooks',
    summary: 'Create a webhook, to which the events of an app are sent',
    description: 'An app has at most ten. Only later events are sent to it. The secret is not shown again.',
    request: 'CreateWebhookRequest',
    reply: 'IssuedWebhookReply',
    errors: ['forbidden', 'app_not_found', 'quota_exceeded'],
    async handle(call) {
      const webhooks = requireWebhooks(call);
      const { id: appId } = await ownApp(call, 'develop');
      const { url, description, events } = parseRequest(CreateWebhookRequest, call.body);
      const id = createWebhookId();
      const { secret, sealed } = webhooks.desk.issueSecret(id, 1);
      const wanted = { id, appId, url: goodUrl(webhooks, url), description, events, sealedSecret: sealed.sealed };
      const webhook = await webhooks.books.createWebhook(wanted, actorOf(call));
      await webhooks.desk.refresh();
      return webhookReply({ webhook: bodyOf(webhooks, webhook), secret }, webhook);
    },
  },
  {
    operationId: 'readWebhook',
    access: 'admin',
    method: 'get',
    path: '/webhooks/:webhook_id',
    summary: 'Show a webhook',
    reply: 'AdminWebhook',
    errors: ['webhook_not_found'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'read');
      return webhookReply(bodyOf(webhooks, webhook), webhook);
    },
  },
  {
    operationId: 'changeWebhook',
    access: 'admin',
    method: 'patch',
    path: '/webhooks/:webhook_id',
    summary: 'Change, disable or enable a webhook',
    description: 'With `If-Match: "<version>"`, it fails if the webhook has changed since that version.',
    request: 'PatchWebhookRequest',
    reply: 'AdminWebhook',
    errors: ['forbidden', 'webhook_not_found', 'version_conflict'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'develop');
      const { url, description, events, disabled } = parseRequest(PatchWebhookRequest, call.body);
      const patch: WebhookPatch = {
        ...(url === undefined ? {} : { url: goodUrl(webhooks, url) }),
        ...(description === undefined ? {} : { description }),
        ...(events === undefined ? {} : { events }),
        ...(disabled === undefined ? {} : { isDisabled: disabled }),
        ...(call.ifVersion === undefined ? {} : { ifVersion: call.ifVersion }),
      };
      const changed = await webhooks.books.updateWebhook(webhook.id, patch, actorOf(call));
      return webhookReply(bodyOf(webhooks, changed), changed);
    },
  },
  {
    operationId: 'removeWebhook',
    access: 'admin',
    method: 'delete',
    path: '/webhooks/:webhook_id',
    summary: 'Remove a webhook and its delivery log',
    reply: 'RemovedReply',
    errors: ['forbidden', 'webhook_not_found'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'develop');
      await webhooks.books.removeWebhook(webhook.id, actorOf(call));
      await webhooks.desk.refresh();
      return REMOVED;
    },
  },
  {
    operationId: 'rotateWebhookSecret',
    access: 'admin',
    method: 'post',
    path: '/webhooks/:webhook_id/rotate',
    summary: 'Replace the secret of a webhook',
    description:
      'For `expiresIn` seconds (a day by default), deliveries are signed with both; give the new one to the receiver in that time.',
    request: 'RotateWebhookSecretRequest',
    reply: 'IssuedWebhookReply',
    errors: ['forbidden', 'webhook_not_found', 'version_conflict'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'develop');
      const { expiresIn } = parseRequest(RotateWebhookSecretRequest, call.body ?? {});
      const { secret, sealed } = webhooks.desk.issueSecret(webhook.id, (webhook.secrets[0]?.no ?? 0) + 1);
      const rotated = await webhooks.books.rotateWebhookSecret(webhook.id, sealed, expiresIn * MS_PER_SECOND, actorOf(call));
      return webhookReply({ webhook: bodyOf(webhooks, rotated), secret }, rotated);
    },
  },
  {
    operationId: 'pingWebhook',
    access: 'admin',
    method: 'post',
    path: '/webhooks/:webhook_id/ping',
    summary: 'Send an event of type `webhook.ping` to a webhook now',
    description: 'The reply contains the response of the receiver. There is only one attempt. A disabled webhook can be pinged as well.',
    reply: 'WebhookDelivery',
    errors: ['forbidden', 'webhook_not_found'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'develop');
      return { body: deliveryBody(webhook.appId, await webhooks.desk.ping(webhook, actorOf(call))) };
    },
  },
  {
    operationId: 'listWebhookDeliveries',
    access: 'admin',
    method: 'get',
    path: '/webhooks/:webhook_id/deliveries',
    summary: 'List the deliveries of a webhook',
    query: 'WebhookDeliveriesQuery',
    reply: 'WebhookDeliveryList',
    errors: ['webhook_not_found'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'read');
      const { after, limit, state } = parseRequest(WebhookDeliveriesQuery, call.query);
      if (after !== undefined && !DELIVERY_ID.test(after)) {
        throw new SfuError('invalid_params', 'after must be the id of a delivery', { details: { path: 'after' } });
      }
      const page = { limit, ...(after === undefined ? {} : { before: Number(after) }), ...(state === undefined ? {} : { state }) };
      const deliveries = await webhooks.books.listDeliveries(webhook.id, page);
      return { body: { deliveries: deliveries.map((each) => deliveryBody(webhook.appId, each)) } };
    },
  },
  {
    operationId: 'redeliverWebhook',
    access: 'admin',
    method: 'post',
    path: '/webhooks/:webhook_id/deliveries/:delivery_id/redeliver',
    summary: 'Send an event to a webhook again',
    description: 'It is sent at once, before any waiting deliveries, with the same `webhook-id` and as many attempts as the first time.',
    reply: 'WebhookDelivery',
    errors: ['forbidden', 'webhook_not_found', 'delivery_not_found', 'webhook_disabled'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'develop');
      const { delivery_id: text = '' } = call.params;
      if (!DELIVERY_ID.test(text)) throw new SfuError('delivery_not_found', `webhook ${webhook.id} has no delivery ${text}`);
      const delivery = await webhooks.books.redeliver(webhook.id, Number(text), actorOf(call));
      await webhooks.desk.refresh();
      return { body: deliveryBody(webhook.appId, delivery) };
    },
  },
  {
    operationId: 'replayWebhook',
    access: 'admin',
    method: 'post',
    path: '/webhooks/:webhook_id/replay',
    summary: 'Send the events since a time, or after a given event, again',
    description: `Sends events of the last 30 days, in order, with the same \`webhook-id\`, without those that are still waiting. At most ${MAX_REPLAYED} in one call.`,
    request: 'ReplayWebhookRequest',
    reply: 'ReplayWebhookReply',
    errors: ['forbidden', 'webhook_not_found', 'webhook_disabled'],
    async handle(call) {
      const { webhooks, webhook } = await ownWebhook(call, 'develop');
      const { since, afterEventId = '' } = parseRequest(ReplayWebhookRequest, call.body);
      const start: ReplayStart = since === undefined ? { afterEventId } : { sinceMs: Date.parse(since) };
      const { lastEventId, ...replayed } = await webhooks.books.replay(webhook.id, start, MAX_REPLAYED, actorOf(call));
      await webhooks.desk.refresh();
      return { body: { ...replayed, ...(lastEventId === undefined ? {} : { lastEventId }) } };
    },
  },
];

/** @throws SfuError `books_unavailable` */
function requireWebhooks({ webhooks }: AdminCall): NodeWebhooks {
  if (webhooks !== undefined) return webhooks;
  throw new SfuError(
    'books_unavailable',
    'this node has no permanent key with which to encrypt the secrets of webhooks; set CAUSEWAY_TOKEN_KEY',
  );
}

/** @throws SfuError `webhook_not_found` – also if it is another organisation's; `forbidden` – the caller's role does not include the right */
async function ownWebhook(call: AdminCall, right: Right): Promise<{ readonly webhooks: NodeWebhooks; readonly webhook: Webhook }> {
  const webhooks = requireWebhooks(call);
  const { webhook_id: text = '' } = call.params;
  const webhook = await webhooks.books.findWebhook(text);
  if (roleIn(call.caller, webhook.orgId) === undefined) throw new SfuError('webhook_not_found', `there is no webhook ${text}`);
  requireRight(call, webhook.orgId, right);
  return { webhooks, webhook };
}

/** @throws SfuError `invalid_params` – webhooks may not be sent to this URL */
function goodUrl({ policy }: NodeWebhooks, text: string): string {
  const checked = checkWebhookUrl(text, policy);
  if ('url' in checked) return checked.url.href;
  throw new SfuError('invalid_params', `url ${checked.problem}`, { details: { path: 'url' } });
}

function bodyOf({ desk }: NodeWebhooks, webhook: Webhook) {
  return webhookBody(webhook, desk.publicKeyOf(webhook));
}

function webhookReply(body: unknown, { version }: Webhook): RouteReply {
  return { body, headers: { ETag: `"${version}"` } };
}

/** Converts webhooks and deliveries to replies of the admin API. */
function webhookBody(webhook: Webhook, publicKey: string): AdminWebhook {
  const { id, appId, url, description, version, disabledReason, disabledAtMs, failingSinceMs, formerSecretEndsAtMs } = webhook;
  return {
    id,
    appId,
    url,
    description,
    events: [...webhook.events],
    disabled: disabledReason !== undefined,
    ...(disabledReason === undefined ? {} : { disabledReason }),
    ...(disabledAtMs === undefined ? {} : { disabledAt: timeText(disabledAtMs) }),
    ...(failingSinceMs === undefined ? {} : { failingSince: timeText(failingSinceMs) }),
    publicKey,
    ...(formerSecretEndsAtMs === undefined ? {} : { formerSecretEndsAt: timeText(formerSecretEndsAtMs) }),
    version,
    createdAt: timeText(webhook.createdAtMs),
    updatedAt: timeText(webhook.updatedAtMs),
  };
}

function deliveryBody(appId: AppId, { no, webhookId, event, ...delivery }: LoggedDelivery): WebhookDelivery {
  const { state, queuedAtMs, nextAtMs, attempts, response } = delivery;
  return {
    id: String(no),
    webhookId,
    messageId: messageIdOf(appId, event.id),
    eventId: event.id,
    eventType: event.type,
    eventAt: timeText(event.atMs),
    ...(event.sessionId === '' ? {} : { sessionId: event.sessionId }),
    state,
    queuedAt: timeText(queuedAtMs),
    ...(nextAtMs === undefined ? {} : { nextAttemptAt: timeText(nextAtMs) }),
    attempts: attempts.map(attemptBody),
    ...(response === undefined ? {} : { response }),
  };
}

function attemptBody({ atMs, durationMs, status, error }: LoggedAttempt): WebhookAttempt {
  return {
    at: timeText(atMs),
    durationMs,
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
  };
}
