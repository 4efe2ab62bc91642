import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';

const CLUSTER_KEY = '0123456789abcdef0123456789abcdef';

describe('the keys derived from the cluster key', () => {
  test('are the same on every node that has it', () => {
    const [one, other] = [deriveClusterKeys(CLUSTER_KEY), deriveClusterKeys(CLUSTER_KEY)];

    expect(one.nodeRecords.equals(other.nodeRecords)).toBe(true);
    expect(one.appRecords.equals(other.appRecords)).toBe(true);
    expect(one.callAssertions.equals(other.callAssertions)).toBe(true);
    expect(one.linkCredentials.equals(other.linkCredentials)).toBe(true);
    expect(one.tokens.equals(other.tokens)).toBe(true);
    expect(one.revocations.equals(other.revocations)).toBe(true);
    expect(one.ledger.equals(other.ledger)).toBe(true);
  });

  test('differ by purpose and by cluster key', () => {
    const here = deriveClusterKeys(CLUSTER_KEY);
    const elsewhere = deriveClusterKeys(`${CLUSTER_KEY}!`);

    const keys = [...Object.values(here), ...Object.values(elsewhere)].map((key) => key.export().toString('hex'));
    expect(keys).toHaveLength(14);
    expect(new Set(keys).size).toBe(14);
  });

  test('are not made from a key that could be guessed', () => {
    expect(() => deriveClusterKeys('secret')).toThrow('at least 32 characters, not 6');
  });
});
