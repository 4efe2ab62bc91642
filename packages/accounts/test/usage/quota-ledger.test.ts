import { MemoryQuotaLedger } from '../../src/usage/quota-ledger.ts';
import { quotaLedgerContract } from '../../src/usage/quota-ledger-contract.ts';

test.each(quotaLedgerContract)('quotas in memory: $name', async ({ run }) => {
  let nowMs = 0;
  const advance = async (ms: number) => {
    nowMs += ms;
  };

  await expect(run(async () => ({ ledger: new MemoryQuotaLedger(() => nowMs), advance }))).resolves.toBeUndefined();
});
