/**
 * Shards in real threads on one real UDP port. The threads run on Node itself, from the sources: only this file is the test runner's.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { SecureSuite } from '@causeway/media';
import { createCertificate, createContextTable, createSecureSuite } from '@causeway/secure';
import { writeBindingRequest } from '@causeway/wire';
import { probePort } from '../../src/io/local-socket.ts';
import { createNodeClock } from '../../src/io/node-clock.ts';
import { createIceCredentials } from '../../src/negotiation/ice-credentials.ts';
import { type ShardLoss, ShardPool } from '../../src/shard/shard-pool.ts';
import { WorkerShard } from '../../src/shard/worker-shard.ts';
import { LeanChannels } from '../doubles/lean-channels.ts';
import { LeanClient } from '../doubles/lean-client.ts';
import { wordsOf } from '../doubles/words-of-event.ts';

const LOOPBACK = '127.0.0.1';
const TURN_MS = 5;
const RTP_HEADER_BYTES = 12;

/** Where each thread has noted its contexts of OpenSSL. */
const contextsOf = new WeakMap<WorkerShard, BigUint64Array>();

class WorkerScene {
  readonly losses: ShardLoss[] = [];
  /** What the owner was told: `transport-closed alice internal_error`. */
  readonly news: string[] = [];
  readonly pool: ShardPool;
  /** The newest thread of each shard, by shard number. */
  readonly threads: WorkerShard[];
  readonly #suite: SecureSuite;
  readonly #clients: LeanClient[] = [];

  static async open(connectPaths = true): Promise<WorkerScene> {
    const certificate = await createCertificate(new Date());
    const port = await probePort(LOOPBACK, 0);
    const threads: WorkerShard[] = [];
    const losses: ShardLoss[] = [];
    const start = { addresses: [LOOPBACK], port, connectPaths, maxConnectedSockets: 100, certificate, maxMemoryBytes: 1 << 30 };
    const pool = await ShardPool.open({
      fillShare: 0,
      size: 2,
      clock: createNodeClock(),
      fingerprint: certificate.fingerprint,
      port,
      onShardLost: (loss) => losses.push(loss),
      startMember: async (shardNo) => {
        const contexts = createContextTable();
        const thread = await WorkerShard.start({ ...start, shardNo, contexts });
        threads[shardNo] = thread;
        contextsOf.set(thread, new BigUint64Array(contexts));
        return thread;
      },
    });
    return new WorkerScene(pool, threads, losses, await createSecureSuite());
  }

  private constructor(pool: ShardPool, threads: WorkerShard[], losses: ShardLoss[], suite: SecureSuite) {
    this.pool = pool;
    this.threads = threads;
    this.losses = losses;
    this.#suite = suite;
    pool.setListener((event) => this.news.push(wordsOf(event)));
  }

  async join(id: string, shardNo: number): Promise<LeanClient> {
    const client = new LeanClient(id, shardNo, this.#suite, this.pool);
    this.#clients.push(client);
    this.pool.send({ type: 'open-transport', plan: client.transportPlan });
    await client.connect();
    return client;
  }

  /** A call in which the first speaks and the others listen, each of whom has heard it. */
  async call(speaker: LeanClient, listeners: readonly LeanClient[]): Promise<void> {
    this.pool.send({ type: 'put-publisher-track', plan: speaker.publisherPlan });
    for (const listener of listeners) this.pool.send({ type: 'put-subscriber-track', plan: listener.subscriberPlan(speaker) });
    await until(() => {
      speaker.say('is anybody there?');
      return listeners.every(({ heard }) => heard.length > 0);
    });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.pool.close();
  }
}

/** Looks again and again; the test's own time limit is the deadline. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, TURN_MS));
}

/** Says so many words, none of which was said before, and waits until all of them have heard the last. */
async function speak(speaker: LeanClient, listeners: readonly LeanClient[], words: number): Promise<string[]> {
  const said: string[] = [];
  const from = performance.now();
  for (let number = 0; number < words; number++) {
    said.push(`${from} ${number}`);
    speaker.say(`${from} ${number}`);
    await new Promise(setImmediate);
  }
  await until(() => listeners.every(({ heard }) => heard.at(-1) === said.at(-1)));
  return said;
}

/** After a change of address nothing reaches a client before it has shown that it is there: what is said meanwhile is lost. */
async function sayUntilHeard(speaker: LeanClient, listener: LeanClient, word: string): Promise<void> {
  await until(() => {
    speaker.say(word);
    return listener.heard.at(-1) === word;
  });
}

/** A well-formed check for a session that there is not, on a shard that there is. */
function forgedCheck(shardNo: number): Uint8Array {
  const { ufrag } = createIceCredentials(shardNo, { bytes: randomBytes });
  const integrity = { key: randomBytes(24), hmacSha1: () => randomBytes(20) };
  const transactionId = randomBytes(12);
  return writeBindingRequest({ transactionId, username: `${ufrag}:them`, priority: 1, iceControlling: 1n, integrity, fingerprint: true });
}

const scenes: WorkerScene[] = [];

async function openScene(connectPaths?: boolean): Promise<WorkerScene> {
  const scene = await WorkerScene.open(connectPaths);
  scenes.push(scene);
  return scene;
}

afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

// Where sockets cannot share a port, there are no workers, and these tests cannot pass: Linux only.

test('clients reach their shard, whichever of them the kernel gives their first packets to', async () => {
  const scene = await openScene();

  const clients = await Promise.all(Array.from({ length: 24 }, (_, index) => scene.join(`client-${index}`, index % 2)));
  await until(() => scene.news.length === 2 * clients.length);

  const connected = scene.news.filter((news) => news.endsWith(' connected'));
  expect(connected).toHaveLength(24);
  expect(scene.pool.shards().map(({ sessions }) => sessions)).toEqual([12, 12]);
});

test('a track is heard on its own shard and on the other one, each packet once and in order', async () => {
  const scene = await openScene();
  const alice = await scene.join('alice', 0);
  const listeners = [await scene.join('bob', 0), await scene.join('carol', 1), await scene.join('dave', 1)];
  await scene.call(alice, listeners);

  const said = await speak(alice, listeners, 200);
  const { objects } = await scene.pool.ask('inspection');

  for (const { heard } of listeners) expect(heard.slice(-said.length)).toEqual(said);
  expect(scene.pool.crossings).toBe(1);
  // Alice's track is one publication at home and one where it crosses to.
  expect(objects.engine).toMatchObject({ publisherTracks: 2, subscriberTracks: 4 });
});

test('the shard of a session reports on it, wherever its media comes from', async () => {
  const scene = await openScene();
  const alice = await scene.join('alice', 0);
  const carol = await scene.join('carol', 1);
  await scene.call(alice, [carol]);
  await speak(alice, [carol], 20);

  const [publisher, listener, nobody] = await Promise.all(['alice', 'carol', 'nobody'].map((id) => scene.pool.ask('transport', id)));

  expect(publisher).toMatchObject({ transportId: 'alice', isSecure: true, publisherTracks: [{ layers: [{ isArriving: true }] }] });
  expect(listener).toMatchObject({ transportId: 'carol', subscriberTracks: [{ source: { isLinked: true, hasCommonCodec: true } }] });
  expect(nobody).toBeUndefined();
});

test('each listener is billed for what it received, on any shard, and the crossing is not billed', async () => {
  const scene = await openScene();
  const alice = await scene.join('alice', 0);
  const listeners = [await scene.join('bob', 0), await scene.join('carol', 1)];
  await scene.call(alice, listeners);
  await speak(alice, listeners, 200);
  scene.pool.send({ type: 'close-transport', transportId: 'carol' });

  const usage = await scene.pool.ask('usage');

  const downOf = (id: string): unknown => usage.find(({ account }) => account === `app-of-${id}`)?.bytes.down;
  const heardBytes = listeners.map(({ heard }) => heard.reduce((sum, word) => sum + RTP_HEADER_BYTES + Buffer.byteLength(word), 0));
  expect(usage).toHaveLength(3);
  expect([downOf('bob'), downOf('carol')]).toEqual(heardBytes);
  expect(usage.reduce((sum, { bytes }) => sum + bytes.relay, 0)).toBe(0);
});

test('data reaches subscribers on both threads, and replies come back; each is charged where it is', async () => {
  const scene = await openScene();
  const clients = [await scene.join('alice', 0), await scene.join('bob', 0), await scene.join('carol', 1)];
  const pages = clients.map((client) => new LeanChannels(client));
  const [alice, bob, carol] = pages as [LeanChannels, LeanChannels, LeanChannels];
  const reliability = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
  const chat = alice.open('chat');
  await until(() => alice.opened.length > 0);
  scene.pool.send({
    type: 'put-data-publication',
    plan: {
      publicationId: 'alice/chat',
      transportId: 'alice',
      stream: { streamId: chat, isNegotiated: false },
      reliability,
      retain: 1,
      isBus: false,
    },
  });
  for (const transportId of ['bob', 'carol']) {
    scene.pool.send({ type: 'set-data-peer', plan: { transportId, maxMessageBytes: 262_144 } });
    scene.pool.send({
      type: 'put-data-subscription',
      plan: {
        subscriptionId: `${transportId}/chat`,
        transportId,
        publicationId: 'alice/chat',
        stream: { streamId: 1, isNegotiated: false },
        label: 'chat',
        protocol: '',
        canReply: 'many',
        waitsForAck: false,
        isPaused: false,
        isSticky: false,
      },
    });
  }
  await until(() => bob.opened.length > 0 && carol.opened.length > 0);

  const messages = Array.from({ length: 60 }, () => randomBytes(16_384));
  for (const message of messages) {
    await until(() => alice.send(chat, message));
    await new Promise(setImmediate);
  }
  await until(() => bob.received.length === messages.length && carol.received.length === messages.length);
  carol.send(1, 'thanks');
  await until(() => alice.received.length > 0);
  const usage = await scene.pool.ask('usage');
  const { publications, subscriptions } = await scene.pool.ask('data-statistics');
  for (const page of pages) page.close();

  for (const { received } of [bob, carol])
    expect(Buffer.concat(received.map(({ data }) => data)).equals(Buffer.concat(messages))).toBe(true);
  expect(Buffer.from(alice.received[0]?.data ?? []).toString()).toBe('thanks');
  const dataOf = (id: string): unknown => usage.find(({ account }) => account === `app-of-${id}`)?.bytes.data;
  expect([dataOf('alice'), dataOf('bob'), dataOf('carol')]).toEqual([6, 60 * 16_384, 60 * 16_384]);
  expect([publications.length, subscriptions.length]).toEqual([1, 2]);
});

test('a caller that waits for a lost thread keeps waiting, and nothing fails', async () => {
  const scene = await openScene();
  const thread = scene.threads[1];

  thread?.terminate();
  const settled = thread?.settled().then(
    () => 'resolved',
    () => 'rejected',
  );
  await until(() => scene.losses.length === 1);

  expect(await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, TURN_MS, 'waits'))])).toBe('waits');
});

test('when all sessions have ended, the shards hold nothing', async () => {
  const scene = await openScene();
  const alice = await scene.join('alice', 0);
  await scene.call(alice, [await scene.join('bob', 1)]);

  scene.pool.send({ type: 'close-transport', transportId: 'alice' });
  scene.pool.send({ type: 'close-transport', transportId: 'bob' });

  const { objects } = await scene.pool.ask('inspection');
  expect(Object.values(objects).flatMap((counts) => Object.values(counts))).toEqual(
    Object.values(objects).flatMap((counts) => Object.values(counts).map(() => 0)),
  );
});

test('ICE restarts on the shard where the session is', async () => {
  const scene = await openScene();
  const [alice, bob] = [await scene.join('alice', 0), await scene.join('bob', 1)];
  await scene.call(alice, [bob]);

  for (const [client, shardNo] of [
    [alice, 0],
    [bob, 1],
  ] as const) {
    scene.pool.send({ type: 'restart-ice', plan: client.restartIce(shardNo) });
    await client.confirmRestart();
    await client.moveToNewAddress();
  }
  await sayUntilHeard(alice, bob, 'here I am again');

  const said = await speak(alice, [bob], 50);
  expect(bob.heard.slice(-said.length)).toEqual(said);
});

test('a client that changes its address is followed to it, whichever shard hears of that first', async () => {
  const scene = await openScene();
  const [alice, bob] = [await scene.join('alice', 0), await scene.join('bob', 1)];
  await scene.call(alice, [bob]);
  const reached: boolean[] = [];

  for (let move = 0; move < 10; move++) {
    await alice.moveToNewAddress();
    await bob.moveToNewAddress();
    await sayUntilHeard(alice, bob, `after move ${move}`);
    reached.push(true);
  }

  expect(reached).toHaveLength(10);
  expect(scene.news.filter((news) => news.includes('disconnected'))).toEqual([]);
});

test('without sockets of their own for clients, what comes to the wrong shard is passed on', async () => {
  const scene = await openScene(false);
  const listeners = await Promise.all([0, 1, 0, 1].map((shardNo, index) => scene.join(`listener-${index}`, shardNo)));
  const speakers = await Promise.all([0, 1, 0, 1].map((shardNo, index) => scene.join(`speaker-${index}`, shardNo)));
  for (const [index, listener] of listeners.entries()) {
    const speaker = speakers[(index + 1) % speakers.length];
    if (speaker !== undefined) await scene.call(speaker, [listener]);
  }

  const heard: boolean[] = [];
  for (const [index, listener] of listeners.entries()) {
    const speaker = speakers[(index + 1) % speakers.length];
    const said = speaker === undefined ? [] : await speak(speaker, [listener], 50);
    heard.push(said.length > 0 && listener.heard.slice(-said.length).join() === said.join());
  }

  expect(heard).toEqual([true, true, true, true]);
});

test('forged checks that name other shards cost a running call no packet', async () => {
  const scene = await openScene();
  const [alice, bob] = [await scene.join('alice', 0), await scene.join('bob', 1)];
  await scene.call(alice, [bob]);
  const strangers = Array.from({ length: 8 }, () => createSocket('udp4'));
  const said: string[] = [];

  for (let round = 0; round < 200; round++) {
    for (const [index, stranger] of strangers.entries()) {
      for (let each = 0; each < 5; each++) stranger.send(forgedCheck(index % 2), scene.pool.port, LOOPBACK);
    }
    said.push(`word ${round}`);
    alice.say(`word ${round}`);
    await new Promise(setImmediate);
  }
  await until(() => bob.heard.at(-1) === said.at(-1));
  for (const stranger of strangers) stranger.close();
  await until(async () => {
    const { drops } = await scene.pool.ask('inspection');
    return (drops['stun-wrong-ufrag'] ?? 0) + (drops['over-pass-on-budget'] ?? 0) + (drops['shard-behind'] ?? 0) > 1_000;
  });

  expect(bob.heard.slice(-said.length)).toEqual(said);
  expect(scene.news.filter((news) => /disconnected|Closed/.test(news))).toEqual([]);
});

test('a port that another process has is refused with the system’s own error', async () => {
  const taken = createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(0, LOOPBACK, resolve));
  const certificate = await createCertificate(new Date());
  const limits = { maxConnectedSockets: 1, maxMemoryBytes: 1 << 30 };
  const start = { shardNo: 0, addresses: [LOOPBACK], connectPaths: true, ...limits, certificate, contexts: createContextTable() };

  const started = WorkerShard.start({ ...start, port: taken.address().port });

  // An error of another realm: the matchers that read properties take it for none.
  const code = await started.then(
    () => 'none',
    (error: NodeJS.ErrnoException) => `${error.code} ${error.message}`,
  );
  taken.close();
  expect(code).toMatch(/EADDRINUSE/);
});

test('a thread that ends takes its own sessions only; others lose no packet, and it is replaced on the same port', async () => {
  const scene = await openScene();
  const [alice, bob] = [await scene.join('alice', 0), await scene.join('bob', 0)];
  const [carol, dave] = [await scene.join('carol', 1), await scene.join('dave', 1)];
  await scene.call(alice, [bob, carol]);
  await scene.call(carol, [dave]);

  const lost = scene.threads[1] as WorkerShard;
  expect(contextsOf.get(lost)?.some((at) => at !== 0n)).toBe(true);
  lost.terminate();
  const said = await speak(alice, [bob], 500);
  await until(() => scene.threads[1] !== lost && scene.pool.shards().every(({ isAlive }) => isAlive));
  const erin = await scene.join('erin', 1);
  await scene.call(alice, [erin]);

  expect(bob.heard.filter((word) => said.includes(word))).toEqual(said);
  expect(contextsOf.get(lost)?.every((at) => at === 0n)).toBe(true);
  expect(scene.losses).toMatchObject([{ shardNo: 1, sessions: 2 }]);
  expect(scene.news.filter((news) => news.startsWith('transport-closed'))).toEqual([
    'transport-closed carol internal_error',
    'transport-closed dave internal_error',
  ]);
  expect(await scene.pool.ask('inspection')).toMatchObject({ objects: { engine: { subscriberTracks: 3 } } });
});
