import { type KeyObject, randomUUID } from 'node:crypto';
import type { WebhookBooks } from '@causeway/accounts';
import { createNodeClock } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import type { EventDesk } from '../events/event-desk.ts';
import type { Logger } from '../logging/logger.ts';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { SenderThread } from './sender-thread.ts';
import { WebhookDesk } from './webhook-desk.ts';

/** The webhooks of a node: the records in the books, and the desk that sends them. */
export interface NodeWebhooks {
  readonly books: WebhookBooks;
  readonly desk: WebhookDesk;
  /** Decides where they may be sent. */
  readonly policy: AddressPolicy;
}

/** The parts of a node that its webhooks use. */
export interface WebhookSetup {
  readonly config: Pick<Config, 'nodeNumber' | 'webhooksAllowPrivate'>;
  /** Undefined on a node without books. */
  readonly books: WebhookBooks | undefined;
  /** Undefined if the node has no key that persists across restarts. */
  readonly sealingKey: KeyObject | undefined;
  readonly events: EventDesk;
  readonly logger: Logger;
}

/** Starts sending the webhooks of the apps that this node leads. @returns undefined on a node without books or without a persistent key */
export function openWebhooks({ config, books, sealingKey, events, logger }: WebhookSetup): NodeWebhooks | undefined {
  if (books === undefined || sealingKey === undefined) return undefined;
  const onDefect = (error: unknown) => logger.log('error', 'webhooks could not be sent', { error });
  const allowed = config.webhooksAllowPrivate;
  const desk = new WebhookDesk({
    books,
    events,
    sender: new SenderThread({ allowed }, onDefect),
    sealingKey,
    // The SFU's clock is not used because its timers are counted to find leaks.
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
