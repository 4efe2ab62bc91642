import { RTX_OSN_LENGTH, RtpView, rtxOriginalSeq, toSeq16, writeRtpHeader, writeRtxOriginalSeq } from '@causeway/wire';
import { bytes } from '../bytes.ts';

function viewOf(packet: Uint8Array): RtpView {
  const view = new RtpView();
  if (!view.read(packet, packet.length)) throw new Error('expected a well-formed packet');
  return view;
}

test('the first two payload bytes are the original sequence number', () => {
  const view = viewOf(bytes('80 61 0001 00000000 00000001 fffe 4142'));

  expect(rtxOriginalSeq(view)).toBe(0xfffe);
  expect(view.bytes[view.headerLength + RTX_OSN_LENGTH]).toBe(0x41);
});

test.each([
  ['empty', '80 61 0001 00000000 00000001'],
  ['one byte', '80 61 0001 00000000 00000001 ff'],
  ['padding alone', 'a0 61 0001 00000000 00000001 00000004'],
])('an RTX packet whose payload is %s repeats nothing', (_, packet) => {
  expect(rtxOriginalSeq(viewOf(bytes(packet)))).toBeUndefined();
});

test('a written original sequence number is read back', () => {
  const out = new Uint8Array(16);
  const payload = writeRtpHeader(out, 0, false, 97, 5, 6, 7);

  expect(writeRtxOriginalSeq(out, payload, toSeq16(65_535))).toBe(14);
  expect(rtxOriginalSeq(viewOf(out))).toBe(65_535);
});
