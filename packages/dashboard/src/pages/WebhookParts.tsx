/** Parts that the pages of webhooks share. */
import type { AdminWebhook, WebhookDelivery } from '@causeway/protocol';
import { ShownOnce } from '../shell/ShownOnce.tsx';

const DISABLED_WORDS = {
  requested: 'disabled',
  gone: 'disabled: its receiver has replied 410',
  failing: 'disabled: nothing has arrived for five days',
  unreadable: 'disabled: the node cannot read its secret; rotate it',
} as const;

/** Describes the state of a webhook. */
export function webhookStateText({ disabledReason, failingSince }: AdminWebhook): string {
  if (disabledReason !== undefined) return DISABLED_WORDS[disabledReason];
  return failingSince === undefined ? 'good' : `failing since ${new Date(failingSince).toLocaleString()}`;
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
      Give it to the receiver, which verifies with it that a node has sent what arrives. It is not shown again.
    </ShownOnce>
  );
}
