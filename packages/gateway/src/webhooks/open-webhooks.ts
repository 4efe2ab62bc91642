import { type KeyObject, randomUUID } from 'node:crypto';
import type { WebhookBooks } from '@causeway/accounts';
import { createNodeClock } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import type { EventDesk } from '../events/event-desk.ts';
import type { Logger } from '../logging/logger.ts';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { SenderThread } from './sender-thread.ts';
import { WebhookDesk } from './webhook-desk.ts';

/** The webhooks of a node: what is in the books, and what sends them. */
export interface NodeWebhooks {
  readonly books: WebhookBooks;
  readonly desk: WebhookDesk;
  /** Where they may go. */
  readonly policy: AddressPolicy;
}

/** What the webhooks of a node need. */
export interface WebhookSetup {
  readonly config: Pick<Config, 'nodeNumber' | 'webhooksAllowPrivate'>;
  /** Undefined on a node without books. */
  readonly books: WebhookBooks | undefined;
  /** Undefined if no key outlives the node. */
  readonly sealingKey: KeyObject | undefined;
  readonly events: EventDesk;
  readonly logger: Logger;
}

/** Sends webhooks from now on, as far as they fall to this node. @returns undefined on a node without books, or without a key that outlives it */
export function openWebhooks({ config, books, sealingKey, events, logger }: WebhookSetup): NodeWebhooks | undefined {
  if (books === undefined || sealingKey === undefined) return undefined;
  const onDefect = (error: unknown) => logger.log('error', 'webhooks could not be sent', { error });
  const allowed = config.webhooksAllowPrivate;
  const desk = new WebhookDesk({
    books,
    events,
    sender: new SenderThread({ allowed }, onDefect),
    sealingKey,
    // Of its own, since the timers of the SFU's are counted to find leaks.
    clock: createNodeClock(),
    random: Math.random,
    name: `node-${config.nodeNumber}-${randomUUID()}`,
    onDisabled(appId, { webhookId, reason }) {
      logger.log('warn', 'a webhook is disabled', { appId, webhookId, reason });
      events.noteWebhookDisabled(appId, webhookId, reason);
    },
    onDefect,
  });
  desk.start();
  return { books, desk, policy: createAddressPolicy(allowed) };
}
