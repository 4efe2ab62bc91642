import { AppId } from '@causeway/protocol';
import { assertedPathOf } from '../../src/forwarding/asserted-call.ts';
import { CLUSTER_TRUST } from '../support/test-cluster.ts';

const node = { nodeNo: 65_535, epoch: Number.MAX_SAFE_INTEGER };

test.each(['x', '"', '\\', 'ÿ'])('any path of %j can be vouched for, however long', (character) => {
  for (const length of [1, 511, 512, 513, 2_000, 16_000]) {
    const assertion = {
      assertionId: 'fc756623-3be4-4c40-b651-20e22095ee07',
      issuedAtMs: 123_456_789_012.345_6,
      from: node,
      to: node,
      appId: AppId.parse('a'.repeat(64)),
      method: 'DELETE',
      path: assertedPathOf(character.repeat(length)),
      bodyDigest: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      grants: { kind: 'all' } as const,
    };

    expect(CLUSTER_TRUST.verify(CLUSTER_TRUST.sign(assertion))).toEqual(assertion);
  }
});

test('a short path is named as it is, a long one differs from every other', () => {
  const long = `/${'x'.repeat(600)}`;

  expect(assertedPathOf('/app/sessions')).toBe('/app/sessions');
  expect(assertedPathOf(long)).toBe(assertedPathOf(long));
  expect(assertedPathOf(`${long}x`)).not.toBe(assertedPathOf(long));
  expect(assertedPathOf(long)).not.toMatch(/^\//);
});
