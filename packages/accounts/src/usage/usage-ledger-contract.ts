/**
 * The test cases that every `UsageLedger` must pass, for any test framework:
 * `test.each(usageLedgerContract)('$name', ({ run }) => run(create))`.
 */
import assert from 'node:assert/strict';
import { AppId } from '@causeway/protocol';
import type { UsageBatch, UsageBytes, UsageLedger } from './usage-ledger.ts';

export interface UsageLedgerContractCase {
  readonly name: string;
  /** @param create creates an empty ledger; called once per case */
  run(create: () => Promise<UsageLedger>): Promise<void>;
}

const APP = AppId.parse('demo');
const NOTHING: UsageBytes = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };

export const usageLedgerContract: readonly UsageLedgerContractCase[] = [
  {
    name: 'adds up what batches say, by app and day',
    async run(create) {
      const ledger = await create();

      assert.deepEqual(await ledger.record(batch(1, { bytes: { down: 10, up: 20, relay: 30, retransmitted: 40, data: 50 } })), {
        type: 'counted',
      });
      await ledger.record(batch(2, { bytes: { ...NOTHING, down: 5 } }));
      await ledger.record(batch(3, { bytes: { ...NOTHING, down: 7 }, closedAtMs: Date.UTC(2026, 10, 25) }));
      await ledger.record(batch(1, { bytes: { ...NOTHING, down: 100 }, appId: AppId.parse('other') }));

      assert.deepEqual(await ledger.totals(APP, '2026-11-24'), { down: 15, up: 20, relay: 30, retransmitted: 40, data: 50 });
      assert.deepEqual(await ledger.totals(APP, '2026-11-25'), { ...NOTHING, down: 7 });
      assert.deepEqual(await ledger.totals(AppId.parse('other'), '2026-11-24'), { ...NOTHING, down: 100 });
      assert.deepEqual(await ledger.totals(APP, '2026-11-23'), NOTHING);
    },
  },
  {
    name: 'counts a batch once, however often it comes',
    async run(create) {
      const ledger = await create();
      await ledger.record(batch(1));
      await ledger.record(batch(2));

      assert.deepEqual(await ledger.record(batch(2)), { type: 'duplicate' });
      assert.deepEqual(await ledger.record(batch(1)), { type: 'duplicate' });
      assert.equal((await ledger.totals(APP, '2026-11-24')).down, 2);
    },
  },
  {
    name: 'leaves no batch out: it says which one it counted last',
    async run(create) {
      const ledger = await create();
      await ledger.record(batch(1));

      assert.deepEqual(await ledger.record(batch(4)), { type: 'gap', lastSeq: 1 });
      assert.deepEqual(await ledger.record(batch(2, { epoch: 8 })), { type: 'gap', lastSeq: 0 });
      assert.equal((await ledger.totals(APP, '2026-11-24')).down, 1);
    },
  },
  {
    name: 'goes on without batches that can no longer be had',
    async run(create) {
      const ledger = await create();
      await ledger.record(batch(1));

      assert.deepEqual(await ledger.record(batch(4, { follows: 0 })), { type: 'counted' });
      assert.deepEqual(await ledger.record(batch(3)), { type: 'duplicate' });
      assert.deepEqual(await ledger.record(batch(5)), { type: 'counted' });
      assert.equal((await ledger.totals(APP, '2026-11-24')).down, 3);
    },
  },
  {
    name: 'counts each node and each of its lives by itself',
    async run(create) {
      const ledger = await create();

      for (const life of [{}, { nodeNo: 102 }, { epoch: 8 }]) {
        assert.deepEqual(await ledger.record(batch(1, life)), { type: 'counted' });
      }
      assert.equal((await ledger.totals(APP, '2026-11-24')).down, 3);
    },
  },
  {
    name: 'counts in whole bytes beyond 32 bits',
    async run(create) {
      const ledger = await create();
      const down = 2 ** 50 + 1;

      await ledger.record(batch(1, { bytes: { ...NOTHING, down } }));
      await ledger.record(batch(2, { bytes: { ...NOTHING, down: 2 } }));

      assert.equal((await ledger.totals(APP, '2026-11-24')).down, down + 2);
    },
  },
];

function batch(seq: number, changes: Partial<UsageBatch> = {}): UsageBatch {
  const closedAtMs = Date.UTC(2026, 10, 24, 23, 59);
  const { bytes = { ...NOTHING, down: 1 } } = changes;
  const parts = [{ sessionId: 'session-101-a', track: 'session-101-b/camera', kind: 'video', bytes } as const];
  return { appId: APP, nodeNo: 101, epoch: 7, seq, follows: seq - 1, closedAtMs, region: 'eu', bytes, parts, ...changes };
}
