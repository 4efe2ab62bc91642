/** Parts that the pages of webhooks share. */
import type { AdminWebhook, WebhookDelivery } from '@causeway/protocol';
import { ShownOnce } from '../shell/ShownOnce.tsx';

const DISABLED_WORDS = {
  requested: 'disabled',
  gone: 'disabled: the receiver replied 410 Gone',
  failing: 'disabled: no delivery has succeeded for five days',
  unreadable: 'disabled: the node cannot read its secret; rotate it',
} as const;

/** Describes the state of a webhook. */
export function webhookStateText({ disabledReason, failingSince }: AdminWebhook): string {
  if (disabledReason !== undefined) return DISABLED_WORDS[disabledReason];
  return failingSince === undefined ? 'active' : `failing since ${new Date(failingSince).toLocaleString()}`;
}

/** Describes the result of a delivery's last attempt; empty before the first one. */
export function lastReplyText({ attempts }: WebhookDelivery): string {
  const last = attempts.at(-1);
  if (last === undefined) return '';
  return last.status === undefined ? (last.error ?? '').replaceAll('_', ' ') : `HTTP ${last.status} in ${last.durationMs} ms`;
}

/** Shows a secret, once. */
export function WebhookSecret({ secret, close }: { readonly secret: string; readonly close: () => void }) {
  return (
    <ShownOnce text={secret} what="secret" close={close}>
      Copy the secret now: it will not be shown again. The receiver uses it to verify that deliveries come from a node.
    </ShownOnce>
  );
}
