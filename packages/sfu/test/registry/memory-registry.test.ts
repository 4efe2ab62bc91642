import { MemoryRegistry } from '../../src/registry/memory-registry.ts';
import { registryContract } from '../../src/registry/registry-contract.ts';

describe('the registry in memory', () => {
  test.each(registryContract)('$name', async ({ run }) => {
    await run(async () => new MemoryRegistry());
  });
});
