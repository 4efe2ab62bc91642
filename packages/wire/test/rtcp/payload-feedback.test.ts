import { parseRtcp, type Remb, writeFir, writePli, writeRemb } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex, written } from '../bytes.ts';
import { SEEDED } from '../seeded.ts';

function parseBytes(packet: Uint8Array) {
  return parseRtcp(packet, packet.length);
}

test('a picture loss indication is written as RFC 4585 §6.3.1 draws it, and read back', () => {
  const packet = written((out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc: 0xdeadbeef }));

  expect(hex(packet)).toBe('81ce0002' + '00000001' + 'deadbeef');
  expect(parseBytes(packet)).toEqual([{ type: 'pli', senderSsrc: 1, mediaSsrc: 0xdeadbeef }]);
});

test('a full intra request is written as RFC 5104 §4.3.1 draws it, and read back', () => {
  const entries = [
    { ssrc: 0xdeadbeef, commandSequence: 7 },
    { ssrc: 2, commandSequence: 255 },
  ];

  const packet = written((out, offset) => writeFir(out, offset, { senderSsrc: 1, entries }));

  expect(hex(packet)).toBe(hex(bytes('84ce0006 00000001 00000000 deadbeef 07000000 00000002 ff000000')));
  expect(parseBytes(packet)).toEqual([{ type: 'fir', senderSsrc: 1, entries }]);
});

test('REMB is written as its draft draws it, and read back', () => {
  const remb = { senderSsrc: 1, bitrateBps: 1_000_000, ssrcs: [0xdeadbeef, 2] };

  const packet = written((out, offset) => writeRemb(out, offset, remb));

  // 1,000,000 = 250,000 (0x3d090) times 2^2.
  expect(hex(packet)).toBe(hex(bytes('8fce0006 00000001 00000000 52454d42 02 0bd090 deadbeef 00000002')));
  expect(parseBytes(packet)).toEqual([{ type: 'remb', ...remb }]);
});

test.each([0, 1, 262_143, 262_144, 1_000_000, 2 ** 28])('a bitrate of %i survives', (bitrateBps) => {
  const packet = written((out, offset) => writeRemb(out, offset, { senderSsrc: 1, bitrateBps, ssrcs: [] }));

  expect(parseBytes(packet)).toMatchObject([{ bitrateBps }]);
});

test('a bitrate loses less than 2^-17 of itself on the wire, and nothing is added', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (bitrateBps) => {
      const packet = written((out, offset) => writeRemb(out, offset, { senderSsrc: 1, bitrateBps, ssrcs: [] }));
      const [remb] = parseBytes(packet) as Remb[];
      expect(remb.bitrateBps).toBeLessThanOrEqual(bitrateBps);
      expect(remb.bitrateBps).toBeGreaterThan(bitrateBps * (1 - 2 ** -17));
    }),
    SEEDED,
  );
});

test('bitrates that are none are written as the nearest one', () => {
  const at = (bitrateBps: number) => {
    const packet = written((out, offset) => writeRemb(out, offset, { senderSsrc: 1, bitrateBps, ssrcs: [] }));
    return (parseBytes(packet) as Remb[])[0].bitrateBps;
  };

  expect(at(-5)).toBe(0);
  expect(at(Number.NaN)).toBe(0);
  expect(at(Number.POSITIVE_INFINITY)).toBe((2 ** 18 - 1) * 2 ** 63);
});

test('application layer feedback of others is passed over', () => {
  expect(parseBytes(bytes('8fce0003 00000001 00000000 41424344'))).toEqual([]);
  expect(parseBytes(bytes('8fce0002 00000001 00000000'))).toEqual([]);
});

test.each([
  ['a picture loss indication without media SSRC', '81ce0001 00000001'],
  ['a full intra request without entry', '84ce0002 00000001 00000000'],
  ['a REMB without bitrate', '8fce0003 00000001 00000000 52454d42'],
  ['a REMB with fewer SSRCs than counted', '8fce0005 00000001 00000000 52454d42 020bd090 00000001'],
])('refuses %s', (_, packet) => {
  expect(parseBytes(bytes(packet))).toBeUndefined();
});
