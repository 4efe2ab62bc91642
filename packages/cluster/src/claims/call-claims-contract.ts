/**
 * The requirements that every `CallClaims` implementation must meet, as test cases for any test framework:
 * `test.each(callClaimsContract)('$name', ({ run }) => run(create))`.
 */
import assert from 'node:assert/strict';
import { AppId } from '@causeway/protocol';
import type { CallClaims } from './call-claims.ts';

export interface CallClaimsContractCase {
  readonly name: string;
  /** @param create makes an instance in which no claim is held; called once per case */
  run(create: () => Promise<CallClaims>): Promise<void>;
}

const APP = AppId.parse('app');
const OTHER_APP = AppId.parse('other');
const FIRST = { nodeNo: 101, epoch: 7 };
const SECOND = { nodeNo: 102, epoch: 3 };
const FIRST_REBORN = { nodeNo: 101, epoch: 8 };

export const callClaimsContract: readonly CallClaimsContractCase[] = [
  {
    name: 'the first claimant holds a key, and keeps it',
    async run(create) {
      const claims = await create();

      assert.deepEqual(await claims.claim(APP, 'key', FIRST, undefined), FIRST);
      assert.deepEqual(await claims.claim(APP, 'key', SECOND, undefined), FIRST);
      assert.deepEqual(await claims.claim(APP, 'key', FIRST, undefined), FIRST);
    },
  },
  {
    name: 'keys and apps have nothing to do with each other',
    async run(create) {
      const claims = await create();
      await claims.claim(APP, 'key', FIRST, undefined);

      assert.deepEqual(await claims.claim(APP, 'key-2', SECOND, undefined), SECOND);
      assert.deepEqual(await claims.claim(OTHER_APP, 'key', SECOND, undefined), SECOND);
    },
  },
  {
    name: 'a claim of a holder that is void is taken over, by the first to say so',
    async run(create) {
      const claims = await create();
      await claims.claim(APP, 'key', FIRST, undefined);

      assert.deepEqual(await claims.claim(APP, 'key', SECOND, FIRST), SECOND);
      assert.deepEqual(await claims.claim(APP, 'key', FIRST_REBORN, FIRST), SECOND);
    },
  },
  {
    name: 'another life of the same node is another holder',
    async run(create) {
      const claims = await create();
      await claims.claim(APP, 'key', FIRST_REBORN, undefined);

      assert.deepEqual(await claims.claim(APP, 'key', SECOND, FIRST), FIRST_REBORN);
    },
  },
  {
    name: 'of many that claim at once, one wins',
    async run(create) {
      const claims = await create();
      const nodes = Array.from({ length: 20 }, (_unused, index) => ({ nodeNo: index, epoch: 1 }));

      const holders = await Promise.all(nodes.map((node) => claims.claim(APP, 'key', node, undefined)));

      assert.equal(new Set(holders.map(({ nodeNo }) => nodeNo)).size, 1);
    },
  },
];
