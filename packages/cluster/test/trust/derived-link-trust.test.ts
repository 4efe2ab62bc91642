import { shardNoOf } from '@causeway/sfu';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { DerivedLinkTrust } from '../../src/trust/derived-link-trust.ts';

const FRANKFURT = { nodeNo: 101, epoch: 7 };
const TOKYO = { nodeNo: 102, epoch: 3 };

function trust(clusterKey = 'a key that the whole cluster knows'): DerivedLinkTrust {
  return new DerivedLinkTrust(deriveClusterKeys(clusterKey).linkCredentials);
}

describe('credentials of a link', () => {
  test('are known to both ends without a word', () => {
    expect(trust().credentials(FRANKFURT, TOKYO)).toEqual(trust().credentials(FRANKFURT, TOKYO));
  });

  test('lead to shard 0 and have the characters and the length that ICE asks for', () => {
    const { initiator, acceptor } = trust().credentials(FRANKFURT, TOKYO);

    for (const { ufrag, password } of [initiator, acceptor]) {
      expect(shardNoOf(ufrag)).toBe(0);
      expect(ufrag).toMatch(/^[A-Za-z0-9+/]{4,256}$/);
      expect(password).toMatch(/^[A-Za-z0-9+/]{22,256}$/);
    }
  });

  test('differ by end, by direction, by life, by node and by cluster key', () => {
    const pairs = [
      trust().credentials(FRANKFURT, TOKYO),
      trust().credentials(TOKYO, FRANKFURT),
      trust().credentials({ ...FRANKFURT, epoch: 8 }, TOKYO),
      trust().credentials(FRANKFURT, { ...TOKYO, epoch: 4 }),
      trust().credentials(FRANKFURT, { ...TOKYO, nodeNo: 103 }),
      trust('a key that only somebody else knows').credentials(FRANKFURT, TOKYO),
    ];

    const ends = pairs.flatMap(({ initiator, acceptor }) => [initiator, acceptor]);
    expect(new Set(ends.map(({ ufrag }) => ufrag)).size).toBe(12);
    expect(new Set(ends.map(({ password }) => password)).size).toBe(12);
  });
});
