/**
 * The test cases that every `UsageBooks` must pass, for any test framework:
 * `test.each(usageBooksContract)('$name', ({ run }) => run(create))`. They are ledgers as well, so they must
 * also pass `usageLedgerContract`.
 */
import assert from 'node:assert/strict';
import { AppId } from '@causeway/protocol';
import type { UsageBooks, UsageQuery, UsageRow } from './usage-books.ts';
import { NO_USAGE, type UsageBatch, type UsageKind, type UsagePart } from './usage-ledger.ts';

export interface UsageBooksContractCase {
  readonly name: string;
  /** @param create creates empty books; called once per case */
  run(create: () => Promise<UsageBooks>): Promise<void>;
}

const APP = AppId.parse('demo');
const HOUR_MS = 3_600_000;
const MONDAY_MS = Date.UTC(2026, 10, 23);

export const usageBooksContract: readonly UsageBooksContractCase[] = [
  {
    name: 'usage is told apart by whatever is asked for, and the sums are the same',
    async run(create) {
      const books = await create();
      await books.recordUsage([
        batch(1, 'eu', MONDAY_MS + 1, [part('a', 'video', 10), part('a', 'audio', 1)]),
        batch(2, 'eu', MONDAY_MS + 2, [part('a', 'video', 20), part('b', 'video', 5)]),
        { ...batch(1, 'us', MONDAY_MS + 25 * HOUR_MS, [part('c', 'data', 100)]), nodeNo: 102 },
        { ...batch(1, 'eu', MONDAY_MS, [part('z', 'video', 999)]), appId: AppId.parse('other') },
      ]);
      const ask = (changes: Partial<UsageQuery>) => books.queryUsage({ ...EVERYTHING, ...changes });

      assert.deepEqual((await ask({})).map(brief), [[0, 136]]);
      assert.deepEqual((await ask({ step: 'hour' })).map(brief), [
        [0, 36],
        [25, 100],
      ]);
      assert.deepEqual((await ask({ step: 'day' })).map(brief), [
        [0, 36],
        [24, 100],
      ]);
      assert.deepEqual((await ask({ groups: ['kind'] })).map(brief), [
        [0, 'audio', 1],
        [0, 'data', 100],
        [0, 'video', 35],
      ]);
      assert.deepEqual((await ask({ groups: ['region'], step: 'day' })).map(brief), [
        [0, 'eu', 36],
        [24, 'us', 100],
      ]);
      assert.deepEqual((await ask({ groups: ['session', 'kind'], toMs: MONDAY_MS + HOUR_MS })).map(brief), [
        [0, 'audio', 'a', 1],
        [0, 'video', 'a', 30],
        [0, 'video', 'b', 5],
      ]);
      assert.deepEqual((await ask({ groups: ['track'] })).map(brief), [
        [0, 'p/a', 31],
        [0, 'p/b', 5],
        [0, 'p/c', 100],
      ]);
    },
  },
  {
    name: 'pages follow each other without a gap and without a row twice',
    async run(create) {
      const books = await create();
      const parts = ['a', 'b', 'c', 'd', 'e'].flatMap((session) => [part(session, 'video', 1), part(session, 'audio', 1)]);
      await books.recordUsage([batch(1, 'eu', MONDAY_MS, parts), batch(2, 'eu', MONDAY_MS + HOUR_MS, parts)]);
      const query: UsageQuery = { ...EVERYTHING, step: 'hour', groups: ['session', 'kind'] };
      const whole = await books.queryUsage(query);

      const paged: UsageRow[] = [];
      for (let page = await books.queryUsage({ ...query, limit: 3 }); page.length > 0; ) {
        paged.push(...page);
        page = await books.queryUsage({ ...query, limit: 3, after: page.at(-1) });
      }

      assert.equal(whole.length, 20);
      assert.deepEqual(paged, whole);
    },
  },
  {
    name: 'a range begins with its first hour and ends before its last',
    async run(create) {
      const books = await create();
      await books.recordUsage(
        [0, 1, 2, 3].map((hour) => batch(hour + 1, 'eu', MONDAY_MS + hour * HOUR_MS, [part('a', 'video', 10 ** hour)])),
      );

      const rows = await books.queryUsage({ ...EVERYTHING, fromMs: MONDAY_MS + HOUR_MS, toMs: MONDAY_MS + 3 * HOUR_MS });

      assert.deepEqual(
        rows.map((row) => row.bytes.down),
        [110],
      );
      assert.deepEqual(await books.queryUsage({ ...EVERYTHING, fromMs: MONDAY_MS + 10 * HOUR_MS }), []);
    },
  },
  {
    name: 'usage that is pruned is gone, with its leaves, and what is left is as it was',
    async run(create) {
      const books = await create();
      await books.recordUsage(
        [0, 1, 2, 3].map((hour) => batch(hour + 1, 'eu', MONDAY_MS + hour * HOUR_MS, [part('a', 'video', 10 ** hour)])),
      );
      const before = await books.ledgerExtent(APP, MONDAY_MS + 2 * HOUR_MS, MONDAY_MS + 24 * HOUR_MS);

      let removed = 0;
      for (let some = 1; some > 0; removed += some) some = await books.pruneUsage(MONDAY_MS + 2 * HOUR_MS);

      const [row] = await books.queryUsage(EVERYTHING);
      assert.equal(removed, 2);
      assert.equal(row?.bytes.down, 1_100);
      assert.deepEqual(await books.ledgerExtent(APP, MONDAY_MS, MONDAY_MS + 24 * HOUR_MS), before);
      // A repeated batch is still recognised.
      const [receipt] = await books.recordUsage([batch(1, 'eu', MONDAY_MS, [part('a', 'video', 1)])]);
      assert.deepEqual(receipt, { type: 'duplicate' });
    },
  },
  {
    name: 'a batch of a thousand parts is counted whole, once, and in whole bytes',
    async run(create) {
      const books = await create();
      const parts = Array.from({ length: 1_000 }, (_, index) => part(`session-${index}`, 'video', 2 ** 42 + 1));
      const receipts = await books.recordUsage([batch(1, 'eu', MONDAY_MS, parts), batch(1, 'eu', MONDAY_MS, parts)]);

      const [row] = await books.queryUsage(EVERYTHING);

      assert.deepEqual(
        receipts.map(({ type }) => type),
        ['counted', 'duplicate'],
      );
      assert.equal(row?.bytes.down, 1_000 * (2 ** 42 + 1));
    },
  },
];

const EVERYTHING: UsageQuery = {
  appId: APP,
  fromMs: MONDAY_MS,
  toMs: MONDAY_MS + 7 * 24 * HOUR_MS,
  step: 'all',
  groups: [],
  after: undefined,
  limit: 1_000,
};

/** Returns the hour, the groups and the bytes sent. */
function brief({ startMs, kind, region, session, track, bytes }: UsageRow): readonly (string | number)[] {
  return [(startMs - MONDAY_MS) / HOUR_MS, ...[kind, region, session, track].filter((name) => name !== undefined), bytes.down];
}

function part(session: string, kind: UsageKind, down: number): UsagePart {
  return { sessionId: session, track: `p/${session}`, kind, bytes: { ...NO_USAGE, down } };
}

function batch(seq: number, region: string, closedAtMs: number, parts: readonly UsagePart[]): UsageBatch {
  const bytes = { ...NO_USAGE, down: parts.reduce((sum, each) => sum + each.bytes.down, 0) };
  return { appId: APP, nodeNo: 101, epoch: 7, seq, follows: seq - 1, closedAtMs, region, bytes, parts };
}
