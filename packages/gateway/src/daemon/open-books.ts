import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Accounts, AppMirror, type Books, KeyUses, type WebhookBooks } from '@causeway/accounts';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/logger.ts';
import { sealingKeyOf } from '../secrets/kept-secret.ts';

/** How long a node waits at its start for apps in its books, which calls would not find before. */
const FIRST_READING_MS = 10_000;

/** The books of a node, and what it knows of them by heart. */
export interface NodeBooks {
  /** Undefined on a node that keeps none. */
  readonly books: Books | undefined;
  /** The people in them; undefined likewise. */
  readonly accounts: Accounts | undefined;
  /** The webhooks in them; undefined likewise. */
  readonly webhooks: WebhookBooks | undefined;
  /** Seals secrets in them; undefined if nothing outlives the node. */
  readonly sealingKey: KeyObject | undefined;
  /** Undefined likewise. */
  readonly uses: KeyUses | undefined;
  readonly apps: AppMirror;
  /** Tells the books what they are still to know, and closes them. */
  close(): Promise<void>;
}

/**
 * Opens the books in a thread of their own. Resolves when the apps in them are known, or after a while without: a node whose books cannot be
 * reached serves the apps that it knows otherwise, and the others once it can reach them.
 */
export async function openBooks(
  config: Pick<Config, 'books' | 'areBooksAsked' | 'apps' | 'cluster' | 'tokenKey'>,
  logger: Logger,
): Promise<NodeBooks> {
  const { books: place, areBooksAsked, apps: configured } = config;
  if (place === undefined || place.kind === 'off') {
    const apps = new AppMirror({ books: undefined, configured, schedule });
    const none = { books: undefined, accounts: undefined, webhooks: undefined, sealingKey: undefined, uses: undefined };
    return { ...none, apps, close: async () => undefined };
  }
  // A node without books does not load it.
  const { BooksThread } = await import('@causeway/books');
  const first = Promise.withResolvers<void>();
  const sealingKey = await sealingKeyOf(config, logger);
  const thread = new BooksThread({
    location: place,
    ...(sealingKey === undefined ? {} : { sealingKey }),
    onReachable(isReachable, error) {
      logReachable(logger, isReachable, areBooksAsked, error);
      if (isReachable) void apps.refresh().then(() => first.resolve());
      else first.resolve();
    },
  });
  const { books, accounts, webhooks } = thread;
  const apps = new AppMirror({ books, configured, schedule });
  const uses = new KeyUses(books, schedule);
  apps.start();
  const enough = new AbortController();
  await Promise.race([first.promise, sleep(FIRST_READING_MS, undefined, { ref: false, signal: enough.signal }).catch(() => undefined)]);
  enough.abort();
  return {
    books,
    accounts,
    webhooks,
    sealingKey,
    uses,
    apps,
    async close() {
      apps.stop();
      await uses.close();
      await thread.close();
    },
  };
}

function logReachable(logger: Logger, isReachable: boolean, areBooksAsked: boolean, error: unknown): void {
  if (isReachable) {
    logger.log('info', 'the books are open');
    return;
  }
  const advice = areBooksAsked ? {} : { advice: 'CAUSEWAY_BOOKS says where they are to be, or off' };
  logger.log('warn', 'the books cannot be reached; media, tokens and the apps that are known go on', { error, ...advice });
}

/** Keeps no process alive. */
function schedule(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

/** What is shown as long as there is no organisation in the books. @param baseUrl of this node, with a slash at its end */
export function describeSetUp(token: string, baseUrl: string): string {
  const body = JSON.stringify({ setUpToken: token, organisation: 'My organisation' });
  return `
  This service has not been set up yet. This link makes the first account, once:

  ${baseUrl}setup#${token}

  So does a program, which gets a key to the admin API instead:

  curl -H 'Content-Type: application/json' -d '${body}' ${baseUrl}api/admin/v1/set-up

`;
}
