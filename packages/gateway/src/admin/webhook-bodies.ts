/** Converts webhooks and deliveries to replies of the admin API. */
import type { LoggedAttempt, LoggedDelivery, Webhook } from '@causeway/accounts';
import type { AdminWebhook, AppId, WebhookAttempt, WebhookDelivery } from '@causeway/protocol';
import { messageIdOf } from '../webhooks/delivery-message.ts';
import { timeText } from './admin-bodies.ts';

export function webhookBody(webhook: Webhook, publicKey: string): AdminWebhook {
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

export function deliveryBody(appId: AppId, { no, webhookId, event, ...delivery }: LoggedDelivery): WebhookDelivery {
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
