/** Nodes are killed, and Redis loses or repeats what it has: the books count nothing twice, and lose only what a killed node had not closed. */
import { createSecretKey } from 'node:crypto';
import {
  createOwnApps,
  createVolatileUsageJournal,
  LedgerAuthority,
  MemoryUsageLedger,
  NO_USAGE,
  type UsageBatch,
  type UsageJournal,
  UsageMeter,
  UsageSealer,
} from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { seededRandom } from '@causeway/testkit';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { IoredisLink } from '../../src/redis/ioredis-link.ts';
import { appKeys } from '../../src/redis/keys.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { RedisUsageLedger } from '../../src/usage/redis-usage-ledger.ts';
import { UsageDrain } from '../../src/usage/usage-drain.ts';
import { type RedisUnderTest, startModel } from '../doubles/every-redis.ts';

const APP = AppId.parse('demo');
const DAY = '2026-11-24';
const NOON_MS = Date.UTC(2026, 10, 24, 12);
const NODES = [101, 102];
const RUNS = 5;
const STEPS = 120;
const FLUSH_INTERVAL_MS = 5_000;
/** A node sends its newest batch again a minute after it was confirmed, and so finds out that Redis has lost it. */
const FLUSHES_UNTIL_EVEN = 15;
const authority = new LedgerAuthority(createSecretKey(Buffer.alloc(32, 1)));

/** The disk under a journal, which the next life of the node reads. */
class Disk {
  readonly #batches = new Map<string, UsageBatch>();

  open(): UsageJournal {
    return {
      ...createVolatileUsageJournal(),
      leftovers: [...this.#batches.values()],
      note: (batches) => {
        for (const batch of batches) this.#batches.set(`${batch.epoch}/${batch.seq}`, batch);
      },
      forget: ({ epoch, seq }) => void this.#batches.delete(`${epoch}/${seq}`),
    };
  }
}

/** A node that can be killed at any moment, and then begins another life on the same disk. */
class Node {
  readonly #nodeNo: number;
  readonly #link: RedisLink;
  readonly #clock: VirtualClock;
  readonly #disk = new Disk();
  #epoch = 0;
  #openBytes = 0;
  #meter: UsageMeter;

  constructor(nodeNo: number, link: RedisLink, clock: VirtualClock) {
    this.#nodeNo = nodeNo;
    this.#link = link;
    this.#clock = clock;
    this.#meter = this.#begin();
  }

  use(down: number): void {
    this.#openBytes += down;
    this.#meter.add(APP, { sessionId: 'session', track: 'session/camera', kind: 'video', bytes: { ...NO_USAGE, down } });
  }

  flush(): Promise<void> {
    this.#openBytes = 0;
    return this.#meter.flush();
  }

  /** @returns the bytes that nothing outlives */
  kill(): number {
    const lost = this.#openBytes;
    this.#openBytes = 0;
    this.#meter = this.#begin();
    return lost;
  }

  #begin(): UsageMeter {
    const life = { nodeNo: this.#nodeNo, epoch: ++this.#epoch };
    return new UsageMeter({
      ledger: new RedisUsageLedger(this.#link),
      journal: this.#disk.open(),
      life,
      region: 'eu',
      sealer: new UsageSealer(authority.createSigner(life)),
      billingNowMs: () => this.#clock.wallClockMs(),
      nowMs: () => this.#clock.nowMs(),
    });
  }
}

describe('nodes that are killed', () => {
  let redis: RedisUnderTest;
  let link: IoredisLink;

  beforeAll(async () => {
    redis = await startModel();
    link = await redis.connect();
  });

  afterAll(() => redis.stop());

  test('are billed for everything that they had closed, exactly once, though Redis is emptied and repeats batches', async () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const { billed, used, lost } = await run(seed);

      expect({ seed, billed }).toEqual({ seed, billed: used - lost });
    }
  });

  async function run(seed: number): Promise<{ readonly billed: number; readonly used: number; readonly lost: number }> {
    const random = seededRandom(seed);
    const clock = new VirtualClock(NOON_MS);
    const books = new MemoryUsageLedger();
    await link.send(['FLUSHALL']);
    const drain = new UsageDrain({
      link: link,
      timers: clock,
      clusterNowMs: () => clock.wallClockMs(),
      books: { recordUsage: async (batches) => Promise.all(batches.map((batch) => books.record(batch))) },
      apps: createOwnApps([{ id: APP } as never]),
      authority: authority.publicKey,
      onRefused: () => undefined,
    });
    await drain.drain();
    const nodes = NODES.map((nodeNo) => new Node(nodeNo, link, clock));
    const totals = { used: 0, lost: 0 };
    /** The books are asked for what waits while time passes, since batches that wait for minutes may be lost with Redis. */
    const pass = async (ms: number): Promise<void> => {
      await clock.advance(ms);
      await drain.drain();
    };
    const billedBytes = async (): Promise<number> => (await books.totals(APP, DAY)).down;

    for (let step = 0; step < STEPS; step++) {
      const node = nodes[Math.floor(random() * nodes.length)] as Node;
      const chance = random();
      if (chance < 0.4) {
        const bytes = 1 + Math.floor(random() * 1_000);
        totals.used += bytes;
        node.use(bytes);
      } else if (chance < 0.65) await node.flush();
      else if (chance < 0.75) await drain.drain();
      else if (chance < 0.85) totals.lost += node.kill();
      else if (chance < 0.9) await link.send(['FLUSHALL']);
      else if (chance < 0.95) await repeatBatches();
      else await pass(1_000 * Math.floor(random() * 20));
      if ((await billedBytes()) > totals.used - totals.lost) return { billed: await billedBytes(), ...totals };
    }
    for (let flush = 0; flush < FLUSHES_UNTIL_EVEN; flush++) {
      for (const node of nodes) await node.flush();
      await pass(FLUSH_INTERVAL_MS);
    }
    await drain.stop();
    return { billed: await billedBytes(), ...totals };
  }

  async function repeatBatches(): Promise<void> {
    const key = appKeys(APP).usageBatches;
    const entries = (await link.send(['XRANGE', key, '-', '+'])) as [string, string[]][];
    for (const [, fields] of entries) await link.send(['XADD', key, '*', ...fields]);
  }
});
