import { parseRtcp, writeBye } from '@causeway/wire';
import { bytes, hex, written } from '../bytes.ts';

function parseBytes(packet: Uint8Array) {
  return parseRtcp(packet, packet.length);
}

test('a goodbye is written as RFC 3550 §6.6 draws it, and read back', () => {
  const packet = written((out, offset) => writeBye(out, offset, { ssrcs: [1, 0xdeadbeef] }));

  expect(hex(packet)).toBe('82cb0002' + '00000001' + 'deadbeef');
  expect(parseBytes(packet)).toEqual([{ type: 'bye', ssrcs: [1, 0xdeadbeef] }]);
});

test('a reason is padded to 32 bits, and read back', () => {
  const packet = written((out, offset) => writeBye(out, offset, { ssrcs: [1], reason: 'ended' }));

  expect(hex(packet)).toBe(hex(bytes('81cb0003 00000001 05 656e646564 0000')));
  expect(parseBytes(packet)).toEqual([{ type: 'bye', ssrcs: [1], reason: 'ended' }]);
});

test('a reason over 255 bytes is cut', () => {
  const packet = written((out, offset) => writeBye(out, offset, { ssrcs: [1], reason: 'x'.repeat(300) }));

  expect(parseBytes(packet)).toEqual([{ type: 'bye', ssrcs: [1], reason: 'x'.repeat(255) }]);
});

test('a BYE without sources is legal', () => {
  expect(parseBytes(bytes('80cb0000'))).toEqual([{ type: 'bye', ssrcs: [] }]);
});

test.each([
  ['more SSRCs are counted than there are', '82cb0001 00000001'],
  ['the reason runs past the end', '81cb0002 00000001 04 616263'],
])('refuses a goodbye in which %s', (_, packet) => {
  expect(parseBytes(bytes(packet))).toBeUndefined();
});
