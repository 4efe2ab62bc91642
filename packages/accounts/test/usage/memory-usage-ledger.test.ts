import { MemoryUsageLedger } from '../../src/usage/memory-usage-ledger.ts';
import { usageLedgerContract } from '../../src/usage/usage-ledger-contract.ts';

describe('the usage ledger in memory', () => {
  test.each(usageLedgerContract)('$name', async ({ run }) => {
    await run(async () => new MemoryUsageLedger());
  });
});
