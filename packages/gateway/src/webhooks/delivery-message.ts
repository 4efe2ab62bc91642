/**
 * An event as it is sent to a webhook, signed.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import type { KeyObject } from 'node:crypto';
import { openWebhookSecret, type SignedMessage, signWithSecret, type Webhook, type WebhookEvent, WebhookKeyPair } from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { DeliveryRequest } from './delivery-sender.ts';

const MS_PER_SECOND = 1_000;
const USER_AGENT = 'Causeway-Webhooks/1';

/** Returns the same id for all attempts, so that receivers recognise duplicates. Event ids are unique only within an app. */
export function messageIdOf(appId: AppId, eventId: string): string {
  return `${appId}:${eventId}`;
}

/** Returns the same body for all attempts: `{type, timestamp, data}`, with the time of the event. */
export function messageBodyOf(appId: AppId, { id, type, json }: Pick<WebhookEvent, 'id' | 'type' | 'json'>): string {
  const { at: timestamp, type: _, ...rest } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  return JSON.stringify({ type, timestamp, data: { id, appId, ...rest } });
}

/**
 * Creates the request of one attempt, signed with every valid secret: `v1` with the secret itself, `v1a` with the key pair derived from it.
 *
 * @param nowMs milliseconds since 1970
 * @returns undefined if the newest secret cannot be decrypted with that key
 */
export function signedRequest(
  webhook: Webhook,
  event: Pick<WebhookEvent, 'id' | 'type' | 'json'>,
  { key, nowMs }: { readonly key: KeyObject; readonly nowMs: number },
): DeliveryRequest | undefined {
  const { id: webhookId, orgId, appId, url, secrets } = webhook;
  const message: SignedMessage = {
    id: messageIdOf(appId, event.id),
    timestampSeconds: Math.floor(nowMs / MS_PER_SECOND),
    body: messageBodyOf(appId, event),
  };
  const signatures: string[] = [];
  for (const { no, sealed } of secrets) {
    const secret = openWebhookSecret(sealed, webhookId, no, key);
    if (secret === undefined && no === secrets[0]?.no) return undefined;
    if (secret !== undefined) signatures.push(signWithSecret(message, secret), new WebhookKeyPair(webhookId, no, key).sign(message));
  }
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'User-Agent': USER_AGENT,
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': signatures.join(' '),
  };
  return { orgId, appId, url, headers, body: message.body };
}
