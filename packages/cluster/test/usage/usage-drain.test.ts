/** Usage on its way from nodes through a real Redis to real books. */
import { createSecretKey } from 'node:crypto';
import {
  BooksUsageLedger,
  createOwnApps,
  LedgerAuthority,
  MemoryUsageLedger,
  NO_USAGE,
  type UsageBatch,
  type UsageReceipt,
  UsageSealer,
} from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { appKeys, NODE_KEYS } from '../../src/redis/keys.ts';
import { RedisUsageLedger } from '../../src/usage/redis-usage-ledger.ts';
import { UsageDrain } from '../../src/usage/usage-drain.ts';
import { describeWithEveryRedis } from '../doubles/every-redis.ts';

const APP = AppId.parse('demo');
const DAY = '2026-11-24';
const NOON_MS = Date.UTC(2026, 10, 24, 12);
const authority = new LedgerAuthority(createSecretKey(Buffer.alloc(32, 1)));

/** Books that count in memory, and can be stopped. */
class Books {
  readonly ledger = new MemoryUsageLedger();
  readonly batches: UsageBatch[] = [];
  isStopped = false;

  async recordUsage(batches: readonly UsageBatch[]): Promise<readonly UsageReceipt[]> {
    if (this.isStopped) throw new Error('stopped');
    const receipts: UsageReceipt[] = [];
    for (const batch of batches) {
      const receipt = await this.ledger.record(batch);
      if (receipt.type === 'counted') this.batches.push(batch);
      receipts.push(receipt);
    }
    return receipts;
  }
}

describeWithEveryRedis('usage in $name', (lab) => {
  let books: Books;
  let drain: UsageDrain;
  let refused: number;
  const clock = new VirtualClock(NOON_MS);

  beforeEach(async () => {
    await lab.link.send(['FLUSHALL']);
    books = new Books();
    refused = 0;
    drain = openDrain();
    await drain.drain();
  });

  afterEach(() => drain.stop());

  function openDrain(): UsageDrain {
    return new UsageDrain({
      link: lab.link,
      timers: clock,
      clusterNowMs: () => clock.wallClockMs(),
      books,
      apps: createOwnApps([{ id: APP } as never]),
      authority: authority.publicKey,
      onRefused: (_appId, entries) => {
        refused += entries;
      },
    });
  }

  function batch(nodeNo: number, seq: number, down: number): UsageBatch {
    const bytes = { ...NO_USAGE, down };
    const parts = [{ sessionId: `session-${nodeNo}`, track: 'session-101/camera', kind: 'video', bytes } as const];
    return { appId: APP, nodeNo, epoch: 7, seq, follows: seq - 1, closedAtMs: NOON_MS + seq * 5_000, region: 'eu', bytes, parts };
  }

  /** A node that has batches of so many bytes counted. */
  function createNode(nodeNo: number, by = authority) {
    const sealer = new UsageSealer(by.createSigner({ nodeNo, epoch: 7 }));
    const ledger = new RedisUsageLedger(lab.link);
    let seq = 0;
    const use = async (down: number): Promise<UsageReceipt> => {
      const [sealed] = sealer.seal([batch(nodeNo, ++seq, down)]);
      return sealed === undefined ? Promise.reject(new Error('it is sealed')) : ledger.record(sealed);
    };
    return { use, sealer };
  }

  const inRedis = () => new RedisUsageLedger(lab.link).totals(APP, DAY);
  const inBooks = () => books.ledger.totals(APP, DAY);

  test('what all nodes count is in the books, as they have sealed it, and no longer waits in Redis', async () => {
    const nodes = [createNode(101), createNode(102)];
    for (let turn = 1; turn <= 120; turn++) for (const { use } of nodes) await use(turn);

    await drain.drain();

    expect(await inBooks()).toEqual(await inRedis());
    expect((await inBooks()).down).toBe((2 * (120 * 121)) / 2);
    expect(books.batches).toHaveLength(240);
    expect(books.batches[0]).toEqual({ ...batch(101, 1, 1), seal: books.batches[0]?.seal });
    expect(await lab.link.send(['XLEN', appKeys(APP).usageBatches])).toBe(0);
    expect(refused).toBe(0);
  });

  test('what is counted after Redis was emptied is in the books, though they have not noticed it yet', async () => {
    const ledger = new RedisUsageLedger(lab.link);
    const { sealer } = createNode(101);
    const [before, after] = [7, 8].flatMap((down, index) => sealer.seal([batch(101, index + 1, down)])) as [UsageBatch, UsageBatch];
    await ledger.record(before);
    await drain.drain();
    await lab.link.send(['FLUSHALL']);

    // A node sends again what the ledger has forgotten.
    const gap = await ledger.record(after);
    for (const each of [before, after]) await ledger.record(each);
    await drain.drain();

    expect(gap).toEqual({ type: 'gap', lastSeq: 0 });
    expect((await inBooks()).down).toBe(15);
    expect(await inRedis()).toEqual(await inBooks());
  });

  test('what a node remembers of the books’ wish ends with the wish', async () => {
    await drain.stop();
    const ledger = new RedisUsageLedger(lab.link);
    const { sealer } = createNode(101);
    const dayMs = 86_400_000;
    const record = async (seq: number, closedAtMs: number): Promise<unknown> => {
      const [sealed] = sealer.seal([{ ...batch(101, seq, 1), closedAtMs }]);
      await lab.link.send(['DEL', appKeys(APP).usageBatches]);
      await ledger.record(sealed as UsageBatch);
      return lab.link.send(['XLEN', appKeys(APP).usageBatches]);
    };
    await lab.link.send(['SET', appKeys(APP).usageWanted, NOON_MS + 2 * dayMs]);
    await record(1, NOON_MS);
    await lab.link.send(['DEL', appKeys(APP).usageWanted]);

    const remembered = await record(2, NOON_MS + dayMs);
    await lab.link.send(['DEL', appKeys(APP).usageWanted]);
    const over = await record(3, NOON_MS + 2.5 * dayMs);

    expect([remembered, over]).toEqual([1, 0]);
  });

  test('it comes by itself within five seconds', async () => {
    await createNode(101).use(7);

    await clock.advance(5_000);
    await drain.drain();

    expect((await inBooks()).down).toBe(7);
  });

  test('books that were stopped get what they have missed, once, even from two nodes that bring it', async () => {
    const node = createNode(101);
    books.isStopped = true;
    for (let turn = 0; turn < 5; turn++) await node.use(10);
    await drain.drain();
    const whileStopped = await inBooks();
    books.isStopped = false;
    const other = openDrain();

    await Promise.all([drain.drain(), other.drain()]);
    await other.stop();

    expect(whileStopped.down).toBe(0);
    expect((await inBooks()).down).toBe(50);
    expect(await inRedis()).toEqual(await inBooks());
  });

  test('what Redis has lost before it was brought holds nothing up', async () => {
    const node = createNode(101);
    await node.use(1);
    await node.use(2);
    await lab.link.send(['XTRIM', appKeys(APP).usageBatches, 'MAXLEN', 0]);
    await node.use(4);

    await drain.drain();

    expect(books.batches.map(({ seq }) => seq)).toEqual([3]);
    expect((await inRedis()).down).toBe(7);
  });

  test('what no node of the cluster has signed is not believed', async () => {
    await createNode(103, new LedgerAuthority(createSecretKey(Buffer.alloc(32, 9)))).use(1_000);
    await lab.link.send(['XADD', appKeys(APP).usageBatches, '*', 'b', '{"type":"leaf"}']);
    await createNode(101).use(3);

    await drain.drain();

    expect((await inBooks()).down).toBe(3);
    expect(refused).toBe(2);
    expect(await lab.link.send(['XLEN', appKeys(APP).usageBatches])).toBe(0);
  });

  test('what a node counts that has just started is in the books, even if Redis was emptied before', async () => {
    await lab.link.send(['DEL', appKeys(APP).usageWanted]);

    await createNode(101).use(3);
    await drain.drain();

    expect((await inBooks()).down).toBe(3);
  });

  test('after two minutes nothing waits in Redis for books that there are not', async () => {
    await drain.stop();
    await lab.link.send(['DEL', appKeys(APP).usageWanted]);
    const { use } = createNode(101);
    // A batch every five seconds.
    for (let count = 0; count < 24; count++) await use(3);
    await lab.link.send(['DEL', appKeys(APP).usageBatches]);

    await use(3);

    expect(await lab.link.send(['XLEN', appKeys(APP).usageBatches])).toBe(0);
    expect(await lab.link.send(['ZSCORE', NODE_KEYS.usageApps, APP])).not.toBeNull();
  });

  test('nodes note once an hour how far the others have come', async () => {
    const [one, other] = [createNode(101), createNode(102)];
    await one.use(1);
    await one.use(1);
    const receipt = await other.use(1);
    const next = await other.use(1);

    expect(receipt).toEqual({ type: 'counted', heads: [{ nodeNo: 101, epoch: 7, seq: 2, leaf: expect.stringMatching(/^[0-9a-f]{64}$/) }] });
    expect(next).toEqual({ type: 'counted' });
  });
});

test('a ledger in books records each batch of one turn in one transaction', async () => {
  const transactions: number[] = [];
  const memory = new MemoryUsageLedger();
  const ledger = new BooksUsageLedger({
    async recordUsage(batches) {
      transactions.push(batches.length);
      return Promise.all(batches.map((each) => memory.record(each)));
    },
    usageTotals: (appId, day) => memory.totals(appId, day),
  });
  const batches = Array.from({ length: 150 }, (_, index): UsageBatch => {
    const life = { nodeNo: 101, epoch: 7, seq: index + 1, follows: index };
    return { appId: APP, ...life, closedAtMs: NOON_MS, region: 'eu', bytes: { ...NO_USAGE, down: 1 }, parts: [] };
  });

  const receipts = await Promise.all(batches.map((each) => ledger.record(each)));

  expect(transactions).toEqual([100, 50]);
  expect(receipts.every(({ type }) => type === 'counted')).toBe(true);
});
