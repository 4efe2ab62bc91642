import { describe, expect, it } from '@jest/globals';
import { JoinBuffers } from '../../../src/data/association/join-buffers.ts';
import { MessageFragments } from '../../../src/data/association/message-fragments.ts';

describe('JoinBuffers', () => {
  it('returns a buffer that was given back, for any length that it fits', () => {
    const buffers = new JoinBuffers();
    const buffer = buffers.take(3_000);
    expect(buffer.length).toBe(4_096);
    buffers.give(buffer);
    expect(buffers.take(4_097)).not.toBe(buffer);
    expect(buffers.take(2_049)).toBe(buffer);
    expect(buffers.take(2_049)).not.toBe(buffer);
  });

  it('keeps few unused buffers, and none that is longer than a message', () => {
    const buffers = new JoinBuffers();
    const given = new Set(Array.from({ length: 10 }, () => new Uint8Array(2_048)));
    for (const buffer of given) buffers.give(buffer);
    const again = Array.from({ length: 10 }, () => buffers.take(2_000)).filter((buffer) => given.has(buffer));
    expect(again).toHaveLength(4);
    const huge = new Uint8Array(2 ** 21);
    buffers.give(huge);
    expect(buffers.take(huge.length)).not.toBe(huge);
  });

  it('takes little more for short messages than their bytes, and does not keep such buffers', () => {
    const buffers = new JoinBuffers();
    for (const bytes of [1, 64, 65, 1_000, 1_160, 40_000]) expect(buffers.take(bytes).length).toBeLessThanOrEqual(Math.max(64, 2 * bytes));
    const short = buffers.take(1_000);
    buffers.give(short);
    expect(buffers.take(1_000)).not.toBe(short);
  });

  it('takes an empty buffer without keeping it', () => {
    const buffers = new JoinBuffers();
    buffers.give(new Uint8Array(0));
    expect(buffers.take(1)).toHaveLength(64);
  });
});

describe('messages that are joined in them', () => {
  const fragment = (value: number, lengthBytes: number): Uint8Array => new Uint8Array(lengthBytes).fill(value);

  it('do not change when later messages are joined', () => {
    const first = new MessageFragments();
    first.add(0, fragment(1, 1_000), { isBeginning: true, isEnd: false });
    first.add(1, fragment(2, 3_000), { isBeginning: false, isEnd: true });
    const message = first.join();
    const second = new MessageFragments();
    second.add(0, fragment(9, 4_000), { isBeginning: true, isEnd: false });
    expect([...new Set(message.subarray(0, 1_000)), ...new Set(message.subarray(1_000))]).toEqual([1, 2]);
    expect(message.buffer.byteLength).toBe(4_000);
  });

  it('do not share a buffer while both are incomplete', () => {
    const [one, other] = [new MessageFragments(), new MessageFragments()];
    one.add(0, fragment(1, 1_500), { isBeginning: true, isEnd: false });
    other.add(0, fragment(2, 1_500), { isBeginning: true, isEnd: false });
    one.add(1, fragment(1, 1_500), { isBeginning: false, isEnd: true });
    other.add(1, fragment(2, 1_500), { isBeginning: false, isEnd: true });
    expect([...new Set(one.join())]).toEqual([1]);
    expect([...new Set(other.join())]).toEqual([2]);
  });
});
