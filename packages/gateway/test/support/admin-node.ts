/** A gateway over real books in memory, for tests of the admin API. */
import { createSecretKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppMirror, KeyUses, type OidcSettings, TokenDesk } from '@causeway/accounts';
import { backUp, migrate, openDatabase, SqlAccounts, SqlBooks, SqlWebhooks } from '@causeway/books';
import { createNodeClock } from '@causeway/sfu';
import { createGatewayApp } from '../../src/daemon/gateway-app.ts';
import { EventDesk } from '../../src/events/event-desk.ts';
import { ReplyCounters } from '../../src/monitoring/reply-counters.ts';
import type { ClusterCalls } from '../../src/placement/cluster-calls.ts';
import { createAddressPolicy } from '../../src/webhooks/address-policy.ts';
import { HttpSender } from '../../src/webhooks/http-sender.ts';
import { WebhookDesk } from '../../src/webhooks/webhook-desk.ts';
import { MemorySfu } from './memory-sfu.ts';
import { type Reply, serve, silentLogger } from './test-server.ts';

const never = () => () => undefined;
const closing: (() => Promise<void>)[] = [];

/** Closes all nodes that were started. */
export async function closeNodes(): Promise<void> {
  for (const close of closing.splice(0)) await close();
}

/** Leaves the nodes that were started so far to the caller. @returns what closes them */
export function keepOpen(): (() => Promise<void>)[] {
  return closing.splice(0);
}

/** A node with empty books. */
export async function startNode({
  hasBooks = true,
  now,
  oidc,
  cluster,
}: {
  readonly hasBooks?: boolean;
  readonly now?: () => number;
  readonly oidc?: OidcSettings;
  readonly cluster?: ClusterCalls;
} = {}) {
  const database = openDatabase({ kind: 'file', path: ':memory:' });
  await migrate(database, 'sqlite');
  const books = new SqlBooks(database, Date.now);
  const sealingKey = createSecretKey(Buffer.alloc(32, 7));
  const accounts = new SqlAccounts(database, Date.now, { sealingKey, oidc });
  const tokens = new TokenDesk();
  const apps = new AppMirror({ books, configured: [], schedule: never });
  const uses = new KeyUses(books, never);
  const events = new EventDesk({ nodeNo: 101 });
  const policy = createAddressPolicy(['127.0.0.1']);
  const webhooks = new SqlWebhooks(database, Date.now);
  const desk = new WebhookDesk({
    books: webhooks,
    events,
    sender: new HttpSender({ policy }),
    sealingKey,
    clock: createNodeClock(),
    random: Math.random,
    name: 'test',
    onDisabled: (appId, { webhookId, reason }) => events.noteWebhookDisabled(appId, webhookId, reason),
    onDefect(error) {
      throw error;
    },
  });
  const app = createGatewayApp({
    sfu: new MemorySfu(),
    apps,
    tokens,
    region: 'test',
    logger: silentLogger,
    dashboardFolder: '/nonexistent',
    replies: new ReplyCounters(),
    readiness: () => 'ready',
    oidcName: oidc && 'Example Login',
    ...(now === undefined ? {} : { now }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(hasBooks ? { books: { books, accounts, apps, uses }, webhooks: { books: webhooks, desk, policy } } : {}),
  });
  const server = await serve(app);
  closing.push(
    server.close,
    () => desk.close(),
    () => database.destroy(),
  );
  const send = (method: string, path: string, key: string, body?: unknown, headers = {}): Promise<Reply> =>
    server.send(method, path, {
      headers: { ...(key === '' ? {} : { Authorization: `Bearer ${key}` }), 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const admin = (method: string, path: string, key: string, body?: unknown, headers = {}): Promise<Reply> =>
    send(method, `/api/admin/v1${path}`, key, body, headers);
  /** Everything in the books, as text. */
  const backedUp = async (): Promise<string> => {
    const path = join(mkdtempSync(join(tmpdir(), 'causeway-books-')), 'backup');
    await backUp(database, path, Date.now());
    const text = readFileSync(path, 'utf8');
    rmSync(dirname(path), { recursive: true });
    return text;
  };
  /** @returns what is in a reply that must be one of success */
  const made = async <Made>(method: string, path: string, key: string, body?: unknown): Promise<Made> => {
    const reply = await admin(method, path, key, body);
    if (reply.status !== 200) throw new Error(`${method} ${path}: ${reply.text}`);
    return reply.json as Made;
  };
  return { url: server.url, books, accounts, uses, events, backedUp, send, admin, made };
}

/** A node that is set up: with an organisation, its key and an app. */
export async function startService() {
  const node = await startNode();
  const setUpToken = await node.books.openSetUp();
  const { organisation, secret: key }: { organisation: { id: string }; secret: string } = await node.made('POST', '/set-up', '', {
    setUpToken,
    organisation: 'Example',
  });
  const app: { id: string } = await node.made('POST', `/organisations/${organisation.id}/apps`, key, { name: 'Demo' });
  return { ...node, org: organisation.id, key, app: app.id };
}
