import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Accounts, AppMirror, type Books, KeyUses, type WebhookBooks } from '@causeway/accounts';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/logger.ts';
import { sealingKeyOf } from '../secrets/kept-secret.ts';

/** How long a node waits at its start for the apps in its books; calls for them would fail before. */
const FIRST_READING_MS = 10_000;

/** The books of a node, and its copy of their apps. */
export interface NodeBooks {
  /** Undefined on a node without books. */
  readonly books: Books | undefined;
  /** The accounts of people; undefined on a node without books. */
  readonly accounts: Accounts | undefined;
  /** The webhooks in the books; undefined on a node without books. */
  readonly webhooks: WebhookBooks | undefined;
  /** Seals secrets in the books; undefined if nothing outlives the node. */
  readonly sealingKey: KeyObject | undefined;
  /** Undefined on a node without books. */
  readonly uses: KeyUses | undefined;
  readonly apps: AppMirror;
  /** Writes outstanding changes to the books and closes them. */
  close(): Promise<void>;
}

/**
 * Opens the books in a separate thread. Resolves once their apps are known, or after a while without them. A node whose
 * books cannot be reached serves the apps that it knows from elsewhere, and the others once it reaches the books.
 */
export async function openBooks(
  config: Pick<Config, 'books' | 'areBooksAsked' | 'apps' | 'cluster' | 'tokenKey' | 'oidc'>,
  logger: Logger,
): Promise<NodeBooks> {
  const { books: place, areBooksAsked, apps: configured } = config;
  if (place === undefined || place.kind === 'off') {
    const apps = new AppMirror({ books: undefined, configured, schedule });
    const none = { books: undefined, accounts: undefined, webhooks: undefined, sealingKey: undefined, uses: undefined };
    return { ...none, apps, close: async () => undefined };
  }
  // A node without books does not load the package.
  const { BooksThread } = await import('@causeway/books');
  const first = Promise.withResolvers<void>();
  const sealingKey = await sealingKeyOf(config, logger);
  const thread = new BooksThread({
    location: place,
    ...(sealingKey === undefined ? {} : { sealingKey }),
    ...(config.oidc === undefined ? {} : { oidc: config.oidc }),
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
  const advice = areBooksAsked ? {} : { advice: 'set CAUSEWAY_BOOKS to their location, or to off' };
  logger.log('warn', 'the books cannot be reached; media, tokens and known apps are not affected', { error, ...advice });
}

/** The timer does not keep the process alive. */
function schedule(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Returns the text shown while there is no organisation in the books. @param baseUrl of this node, with a trailing slash */
export function describeSetUp(token: string, baseUrl: string): string {
  const body = JSON.stringify({ setUpToken: token, organisation: 'My organisation' });
  return `
  No one has an account on the console yet. This link creates the first one, and works once:

  ${baseUrl}setup#${token}

  Alternatively, a program can obtain a key to the admin API:

  curl -H 'Content-Type: application/json' -d '${body}' ${baseUrl}api/admin/v1/set-up

`;
}
