import { seededBytes } from '@causeway/testkit/mesh';
import { createIceCredentials, MAX_SHARDS, shardNoOf } from '../../src/negotiation/ice-credentials.ts';
import { hostCandidates } from '../../src/negotiation/index.ts';
import { allocateNumber, EMPTY_NUMBER_TABLE, learnNumbers } from '../../src/negotiation/number-table.ts';
import { uuidV4 } from '../../src/random.ts';

describe('ICE credentials', () => {
  it.each([0, 1, 31, 32, MAX_SHARDS - 1])('carry shard number %i in front of 64 random bits', (shardNo) => {
    const { ufrag, password } = createIceCredentials(shardNo, seededBytes());

    expect(ufrag).toMatch(/^[a-z2-7]{15}$/);
    expect(password).toMatch(/^[a-z2-7]{29}$/);
    expect(shardNoOf(ufrag)).toBe(shardNo);
  });

  it('are different every time', () => {
    const random = seededBytes();
    const seen = new Set(Array.from({ length: 1000 }, () => createIceCredentials(0, random).ufrag));

    expect(seen.size).toBe(1000);
  });

  it.each(['', 'a', '1a', 'A2', '🙂'])('%j is not a user fragment of ours', (ufrag) => {
    expect(shardNoOf(ufrag)).toBeUndefined();
  });
});

describe('host candidates', () => {
  it('prefer earlier addresses and have foundations of their own', () => {
    const candidates = hostCandidates(['192.0.2.1', '2001:db8::1', '127.0.0.1'], 8081);

    expect(candidates.map(({ address, port, foundation }) => [address, port, foundation])).toEqual([
      ['192.0.2.1', 8081, '1'],
      ['2001:db8::1', 8081, '2'],
      ['127.0.0.1', 8081, '3'],
    ]);
    expect(candidates[0]?.priority).toBe(2_130_706_431);
    expect([...candidates].sort((one, other) => other.priority - one.priority)).toEqual(candidates);
  });
});

describe('number tables', () => {
  it('keep the first number of a meaning and never reassign a used one', () => {
    const learned = learnNumbers(EMPTY_NUMBER_TABLE, [
      ['a', 96],
      ['a', 97],
      ['b', 98],
    ]);

    const known = allocateNumber(learned, 'a', [99]);
    const fresh = allocateNumber(learned, 'c', [96, 97, 98, 99]);

    expect(known?.number).toBe(96);
    expect(fresh?.number).toBe(99);
    expect(allocateNumber(learned, 'd', [96, 97, 98])).toBeUndefined();
  });
});

describe('uuidV4', () => {
  it('marks version and variant', () => {
    const random = seededBytes();

    for (let count = 0; count < 100; count++) {
      expect(uuidV4(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});
