import { toSeq16 } from '@causeway/wire';
import { PacketTally } from '../src/load/packet-tally.ts';

function tallyOf(sequenceNumbers: readonly number[]): PacketTally {
  const tally = new PacketTally();
  for (const sequenceNumber of sequenceNumbers) tally.add(toSeq16(sequenceNumber));
  return tally;
}

describe('PacketTally', () => {
  test('has counted nothing before the first packet', () => {
    expect(tallyOf([]).counts()).toEqual({ unique: 0, duplicates: 0, missing: 0 });
  });

  test('counts a run across the wrap of the sequence number', () => {
    expect(tallyOf([65534, 65535, 0, 1]).counts()).toEqual({ unique: 4, duplicates: 0, missing: 0 });
  });

  test('counts an overtaken packet as missing until it arrives late', () => {
    const tally = tallyOf([10, 13]);
    expect(tally.counts().missing).toBe(2);

    tally.add(toSeq16(11));
    expect(tally.counts()).toEqual({ unique: 3, duplicates: 0, missing: 1 });
  });

  test('counts a repeated packet as a duplicate and not as received', () => {
    expect(tallyOf([7, 8, 7, 8, 9]).counts()).toEqual({ unique: 3, duplicates: 2, missing: 0 });
  });

  test('counts a packet that the very first one overtook across sequence number zero', () => {
    expect(tallyOf([1, 65535, 0]).counts()).toEqual({ unique: 3, duplicates: 0, missing: 0 });
  });

  test('does not count a packet that is too old to be distinguished from a duplicate', () => {
    const tally = tallyOf(Array.from({ length: 2000 }, (_, index) => index));

    tally.add(toSeq16(3));

    expect(tally.counts()).toEqual({ unique: 2000, duplicates: 0, missing: 0 });
  });

  test('counts more packets than there are sequence numbers', () => {
    expect(tallyOf(Array.from({ length: 150_000 }, (_, index) => index)).counts()).toEqual({ unique: 150_000, duplicates: 0, missing: 0 });
  });
});
