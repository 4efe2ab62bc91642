/**
 * The test cases that every `QuotaLedger` must pass, for any test framework:
 * `test.each(quotaLedgerContract)('$name', ({ run }) => run(create))`.
 */
import assert from 'node:assert/strict';
import { AppId } from '@causeway/protocol';
import type { QuotaDraw, QuotaLedger } from './quota-ledger.ts';

/** An empty ledger, and control over its clock. */
export interface QuotaLedgerUnderTest {
  readonly ledger: QuotaLedger;
  /** Advances the clock of the ledger. */
  advance(ms: number): Promise<void>;
}

export interface QuotaLedgerContractCase {
  readonly name: string;
  /** @param create creates an empty ledger; called once per case */
  run(create: () => Promise<QuotaLedgerUnderTest>): Promise<void>;
}

export const quotaLedgerContract: readonly QuotaLedgerContractCase[] = [
  {
    name: 'slices of all nodes together are never more than the quota',
    async run(create) {
      const { ledger } = await create();
      const grants = [];
      for (let nodeNo = 1; nodeNo <= 12; nodeNo++) grants.push((await ledger.draw(draw(nodeNo, 0, { sliceBytes: 100 }))).grantedBytes);

      assert.deepEqual(grants, [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0, 0]);
    },
  },
  {
    name: 'a node gets more as it uses what it has, up to the quota',
    async run(create) {
      const { ledger } = await create();

      assert.deepEqual(await ledger.draw(draw(1, 0)), { grantedBytes: 10, totalBytes: 0, passed: [] });
      assert.deepEqual(await ledger.draw(draw(1, 6)), { grantedBytes: 16, totalBytes: 6, passed: [] });
      assert.deepEqual(await ledger.draw(draw(1, 500)), { grantedBytes: 510, totalBytes: 500, passed: [] });
      assert.deepEqual(await ledger.draw(draw(1, 996)), { grantedBytes: 1_000, totalBytes: 996, passed: [80, 95] });
      assert.deepEqual(await ledger.draw(draw(1, 1_004)), { grantedBytes: 1_004, totalBytes: 1_004, passed: [100] });
    },
  },
  {
    name: 'each mark is told once, to one node',
    async run(create) {
      const { ledger } = await create();
      await ledger.draw(draw(1, 400));

      assert.deepEqual((await ledger.draw(draw(2, 400))).passed, [80]);
      assert.deepEqual((await ledger.draw(draw(1, 401))).passed, []);
      assert.deepEqual((await ledger.draw(draw(2, 400))).passed, []);
      assert.deepEqual((await ledger.draw(draw(1, 560))).passed, [95]);
    },
  },
  {
    name: 'what a dead node had not used is free again after a minute',
    async run(create) {
      const { ledger, advance } = await create();
      await ledger.draw(draw(1, 200, { sliceBytes: 800 }));
      const before = await ledger.draw(draw(2, 0, { sliceBytes: 900 }));
      await advance(60_000);
      const after = await ledger.draw(draw(2, 0, { sliceBytes: 900 }));

      assert.equal(before.grantedBytes, 0);
      assert.deepEqual(after, { grantedBytes: 800, totalBytes: 200, passed: [] });
    },
  },
  {
    name: 'months and apps have quotas of their own, and a quota that was raised gives more',
    async run(create) {
      const { ledger } = await create();
      await ledger.draw(draw(1, 1_000));

      assert.equal((await ledger.draw(draw(1, 0, { month: '2026-12' }))).grantedBytes, 10);
      assert.equal((await ledger.draw(draw(1, 0, { appId: AppId.parse('other') }))).grantedBytes, 10);
      assert.equal((await ledger.draw(draw(1, 1_000, { quotaBytes: 2_000 }))).grantedBytes, 1_010);
    },
  },
];

function draw(nodeNo: number, usedBytes: number, changes: Partial<QuotaDraw> = {}): QuotaDraw {
  const life = { nodeNo, epoch: 7 };
  return { appId: AppId.parse('demo'), life, month: '2026-11', quotaBytes: 1_000, usedBytes, sliceBytes: 10, ...changes };
}
