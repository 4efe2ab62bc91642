import { type Nack, parseRtcp, toSeq16, writeNack } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex, written } from '../bytes.ts';
import { SEEDED, uint16 } from '../seeded.ts';

function nackOf(...lost: number[]) {
  return { senderSsrc: 1, mediaSsrc: 2, lost: lost.map(toSeq16) };
}

function parseNackBytes(packet: Uint8Array): Nack {
  const [message] = parseRtcp(packet, packet.length) ?? [];
  if (message?.type !== 'nack') throw new Error('expected a NACK');
  return message;
}

test('one lost packet is one entry', () => {
  const packet = written((out, offset) => writeNack(out, offset, nackOf(100)));

  expect(hex(packet)).toBe(hex(bytes('81cd0003 00000001 00000002 0064 0000')));
  expect(parseNackBytes(packet)).toEqual({ type: 'nack', ...nackOf(100) });
});

test('the sixteen packets after the first fit its bitmask, the seventeenth does not', () => {
  const packet = written((out, offset) => writeNack(out, offset, nackOf(100, 101, 116, 117)));

  expect(hex(packet.subarray(12))).toBe(hex(bytes('0064 8001 0075 0000')));
});

test('a loss across the wrap is one entry', () => {
  const packet = written((out, offset) => writeNack(out, offset, nackOf(65_534, 65_535, 0, 3)));

  expect(hex(packet.subarray(12))).toBe(hex(bytes('fffe 0013')));
  expect(parseNackBytes(packet).lost).toEqual([65_534, 65_535, 0, 3]);
});

test('nothing is written when nothing is lost', () => {
  expect(writeNack(new Uint8Array(64), 8, nackOf())).toBe(8);
});

test('a NACK without an entry is refused', () => {
  expect(parseRtcp(bytes('81cd0002 00000001 00000002'), 12)).toBeUndefined();
});

test('any loss in sending order is read back as it was', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(uint16, gaps, (first, steps) => {
      const lost = [first];
      for (const step of steps) lost.push(lost[lost.length - 1] + step);

      const packet = written((out, offset) => writeNack(out, offset, nackOf(...lost)));

      expect(parseNackBytes(packet).lost).toEqual(lost.map(toSeq16));
    }),
    SEEDED,
  );
});

test('a NACK asks for at most 17 packets with every four bytes', () => {
  const entries = new Uint8Array(1_160).fill(0xff);
  const packet = Uint8Array.of(...bytes('81cd0124 00000001 00000002'), ...entries);

  expect(parseNackBytes(packet).lost).toHaveLength((17 * entries.length) / 4);
});
