import {
  createVolatileUsageJournal,
  MemoryUsageLedger,
  type UsageBatch,
  type UsageBytes,
  type UsageJournal,
  type UsageLedger,
  type UsageReceipt,
} from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import type { AppUsage } from '@causeway/sfu';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { UsageDesk } from '../../src/usage/usage-desk.ts';

const APP = AppId.parse('demo');
const OTHER_APP = AppId.parse('other');
const NOTHING: UsageBytes = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };
const BEFORE_MIDNIGHT_MS = Date.UTC(2026, 10, 27, 23, 59, 50);

/** A ledger that can be away. */
class Ledger implements UsageLedger {
  readonly batches: UsageBatch[] = [];
  isAway = false;
  readonly #kept = new MemoryUsageLedger();

  async record(batch: UsageBatch): Promise<UsageReceipt> {
    if (this.isAway) throw new Error('away');
    this.batches.push(batch);
    return this.#kept.record(batch);
  }

  totals(appId: AppId, day: string): Promise<UsageBytes> {
    return this.#kept.totals(appId, day);
  }
}

function usedOf(appId: AppId, bytes: UsageBytes): AppUsage {
  return { appId, bytes, parts: [{ sessionId: 'session-101-a', track: 'session-101-b/camera', kind: 'video', bytes }] };
}

/** A node whose media a test makes up. */
class Node {
  readonly clock = new VirtualClock(BEFORE_MIDNIGHT_MS);
  readonly ledger = new Ledger();
  readonly defects: unknown[] = [];
  readonly desk: UsageDesk;
  /** How often the SFU was asked. */
  questions = 0;
  takeUsage: () => Promise<readonly AppUsage[]> = async () => this.#used.splice(0);
  readonly #used: AppUsage[] = [];

  constructor(journal: UsageJournal = createVolatileUsageJournal(), quotas?: { note: () => Promise<number> }) {
    this.desk = new UsageDesk({
      sfu: {
        takeUsage: () => {
          this.questions++;
          return this.takeUsage();
        },
      },
      ledger: this.ledger,
      ...(quotas === undefined ? {} : { quotas }),
      journal,
      life: { nodeNo: 101, epoch: 7 },
      region: 'eu',
      billingNowMs: () => this.clock.wallClockMs(),
      clock: this.clock,
      onDefect: (error) => this.defects.push(error),
    });
  }

  use(appId: AppId, bytes: Partial<UsageBytes>): void {
    this.#used.push(usedOf(appId, { ...NOTHING, ...bytes }));
  }
}

test('every five seconds what apps have used goes to the ledger, in one batch for each', async () => {
  const node = new Node();
  node.use(APP, { down: 10, up: 1 });
  node.use(APP, { down: 5, relay: 2, retransmitted: 3, data: 4 });
  node.use(OTHER_APP, { down: 7 });

  await node.clock.advance(4_999);
  const before = node.ledger.batches.length;
  await node.clock.advance(1);

  expect(before).toBe(0);
  expect(node.ledger.batches).toHaveLength(2);
  expect(await node.desk.totals(APP, '2026-11-27')).toEqual({ down: 15, up: 1, relay: 2, retransmitted: 3, data: 4 });
  expect(await node.desk.totals(OTHER_APP, '2026-11-27')).toEqual({ ...NOTHING, down: 7 });
});

test('apps that use nothing cost the ledger nothing', async () => {
  const node = new Node();
  node.use(APP, {});

  await node.clock.advance(60_000);

  expect(node.questions).toBe(12);
  expect(node.ledger.batches).toEqual([]);
});

test('usage is billed for the day on which it was collected', async () => {
  const node = new Node();
  const days = [node.desk.today()];
  for (const down of [1, 2, 4]) {
    node.use(APP, { down });
    await node.clock.advance(5_000);
  }
  days.push(node.desk.today());

  expect(days).toEqual(['2026-11-27', '2026-11-28']);
  expect((await node.desk.totals(APP, '2026-11-27')).down).toBe(1);
  expect((await node.desk.totals(APP, '2026-11-28')).down).toBe(6);
});

test('what the ledger does not take waits, is reported, and is sent again though nothing new is used', async () => {
  const node = new Node();
  node.ledger.isAway = true;
  for (let batch = 0; batch < 3; batch++) {
    node.use(APP, { down: 10 });
    await node.clock.advance(5_000);
  }
  const away = node.desk.report();
  node.ledger.isAway = false;
  await node.clock.advance(5_000);

  expect(away).toEqual({ bytes: { ...NOTHING, down: 30 }, batchesOutstanding: 3 });
  expect(node.desk.report()).toEqual({ bytes: { ...NOTHING, down: 30 }, batchesOutstanding: 0 });
  expect(node.ledger.batches.map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test('an SFU that answers slowly is not asked again meanwhile, and no usage is lost', async () => {
  const node = new Node();
  const { promise, resolve } = Promise.withResolvers<readonly AppUsage[]>();
  node.takeUsage = () => promise;

  await node.clock.advance(20_000);
  const asked = node.questions;
  resolve([usedOf(APP, { ...NOTHING, down: 9 })]);
  await node.clock.advance(0);

  expect(asked).toBe(1);
  expect(node.desk.report().bytes.down).toBe(9);
  expect(node.ledger.batches).toHaveLength(1);
});

test('an SFU that cannot answer is reported as a defect, and the next answer counts', async () => {
  const node = new Node();
  const { takeUsage } = node;
  node.takeUsage = () => Promise.reject(new Error('inside'));
  await node.clock.advance(5_000);
  node.takeUsage = takeUsage;
  node.use(APP, { down: 3 });
  await node.clock.advance(5_000);

  expect(node.defects).toEqual([new Error('inside')]);
  expect(node.desk.report().bytes.down).toBe(3);
});

test('the end counts what is left, at once, and leaves no timer', async () => {
  const node = new Node();
  node.use(APP, { down: 3 });

  const lost = await node.desk.close();
  await node.clock.advance(60_000);

  expect(lost).toBe(0);
  expect(node.ledger.batches).toHaveLength(1);
  expect(node.questions).toBe(1);
  expect(node.clock.armedTimers).toBe(0);
});

test('an end without a ledger says what was not counted, and leaves it in the journal', async () => {
  const noted: UsageBatch[] = [];
  let isClosed = false;
  const node = new Node({
    leftovers: [],
    note: (batches) => noted.push(...batches),
    forget: () => undefined,
    async close() {
      isClosed = true;
    },
  });
  node.ledger.isAway = true;
  node.use(APP, { down: 3 });

  expect(await node.desk.close()).toBe(1);
  expect(noted).toMatchObject([{ appId: APP, bytes: { down: 3 } }]);
  expect(isClosed).toBe(true);
});

test('an end after a ledger was away for an hour leaves nothing out of the journal', async () => {
  const noted: UsageBatch[] = [];
  const node = new Node({ ...createVolatileUsageJournal(), note: (batches) => noted.push(...batches) });
  node.ledger.isAway = true;
  for (let turn = 0; turn < 720; turn++) {
    node.use(APP, { down: 1 });
    await node.clock.advance(5_000);
  }
  node.use(APP, { down: 1 });

  await node.desk.close();

  expect(noted.reduce((sum, { bytes }) => sum + bytes.down, 0)).toBe(721);
});

test('usage is looked at sooner when a quota is nearly used up, and batches are as long as ever', async () => {
  let dueInMs = Number.POSITIVE_INFINITY;
  const node = new Node(createVolatileUsageJournal(), { note: async () => dueInMs });
  await node.clock.advance(5_000);
  dueInMs = 500;
  await node.clock.advance(5_000);
  const before = node.questions;
  node.use(APP, { down: 1 });
  await node.clock.advance(2_500);
  node.use(APP, { down: 2 });
  await node.clock.advance(2_500);

  expect([before, node.questions]).toEqual([2, 12]);
  expect(node.ledger.batches.map(({ bytes }) => bytes.down)).toEqual([3]);
  await node.desk.close();
  await node.clock.advance(5_000);
  expect(node.questions).toBe(13);
});
