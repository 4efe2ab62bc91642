import { parseRtcp, type SdesChunk, writeSdes } from '@causeway/wire';
import { bytes, hex, written } from '../bytes.ts';

function parseBytes(packet: Uint8Array) {
  return parseRtcp(packet, packet.length);
}

test('a CNAME is written as RFC 3550 §6.5 draws it, and read back', () => {
  const chunks = [{ ssrc: 0xdeadbeef, cname: 'ab' }];

  const packet = written((out, offset) => writeSdes(out, offset, { chunks }));

  expect(hex(packet)).toBe(hex(bytes('81 ca 0003 deadbeef 01 02 6162 00000000')));
  expect(parseBytes(packet)).toEqual([{ type: 'sdes', chunks }]);
});

test.each(['', 'a', 'ab', 'abc', 'abcd', 'café 🎥', 'x'.repeat(255)])('the CNAME %j survives', (cname) => {
  const chunks = [
    { ssrc: 1, cname },
    { ssrc: 2, cname: 'next' },
  ];

  const packet = written((out, offset) => writeSdes(out, offset, { chunks }));

  expect(packet.length % 4).toBe(0);
  expect(parseBytes(packet)).toEqual([{ type: 'sdes', chunks }]);
});

test('a chunk without CNAME is read as such, and items of other kinds are passed over', () => {
  const packet = bytes('82 ca 0006 00000001 00000000 00000002 0203 414243 0101 78 00000000');

  expect(parseBytes(packet)).toEqual([
    {
      type: 'sdes',
      chunks: [
        { ssrc: 1, cname: undefined },
        { ssrc: 2, cname: 'x' },
      ],
    },
  ]);
});

test('a packet of no chunks has none', () => {
  expect(parseBytes(bytes('80 ca 0000'))).toEqual([{ type: 'sdes', chunks: [] }]);
});

test('a CNAME over 255 bytes is cut, and chunks past the thirty-first are left out', () => {
  const long = written((out, offset) => writeSdes(out, offset, { chunks: [{ ssrc: 1, cname: 'x'.repeat(300) }] }));
  const many = new Array<SdesChunk>(40).fill({ ssrc: 1, cname: 'x' });
  const packet = written((out, offset) => writeSdes(out, offset, { chunks: many }));

  expect(parseBytes(long)).toEqual([{ type: 'sdes', chunks: [{ ssrc: 1, cname: 'x'.repeat(255) }] }]);
  expect(packet[0]).toBe(0x9f);
});

test.each([
  ['a chunk is missing', '81 ca 0000'],
  ['the items have no end', '81 ca 0002 00000001 01026162'],
  ['an item runs past the end', '81 ca 0002 00000001 0108 6162'],
  ['an item ends after its type', '81 ca 0002 00000001 0101 7801'],
  ['the second chunk is missing', '82 ca 0002 00000001 01 01 78 00'],
])('refuses a source description in which %s', (_, packet) => {
  expect(parseBytes(bytes(packet))).toBeUndefined();
});
