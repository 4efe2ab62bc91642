import type { Registry } from '@causeway/sfu';
import { registryContract } from '@causeway/sfu/registry-contract';
import { EVERY_REDIS } from '../doubles/every-redis.ts';
import { useRegistryLab } from '../doubles/registry-lab.ts';

describe.each(EVERY_REDIS)('the registry in $name', ({ start }) => {
  const scene = useRegistryLab(start);

  describe('asked where things were announced', () => {
    test.each(registryContract)('$name', async ({ run }) => {
      await run(async () => scene.lab.startNode({ nodeNo: 101 }).registry);
    });
  });

  describe('asked on another node', () => {
    test.each(registryContract)('$name', async ({ run }) => {
      await run(async () => {
        const [here, there] = scene.lab.startPair().map(({ registry }) => registry) as [Registry, Registry];
        return new Proxy(here, {
          get: (_, verb: keyof Registry) => {
            const of = /^(find|list|locate)/.test(verb) ? there : here;
            return typeof of[verb] === 'function' ? of[verb].bind(of) : of[verb];
          },
        });
      });
    });
  });
});
