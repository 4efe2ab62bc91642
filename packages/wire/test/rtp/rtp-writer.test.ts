import { RtpExtensionWriter, RtpView, writeRtpHeader } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex } from '../bytes.ts';
import { SEEDED, uint16, uint32 } from '../seeded.ts';

function headerIn(out: Uint8Array, offset: number): number {
  return writeRtpHeader(out, offset, false, 96, 1, 2, 3);
}

test('writes the twelve fixed bytes', () => {
  const out = new Uint8Array(16);

  expect(writeRtpHeader(out, 2, true, 111, 0xfffe, 0xfedcba98, 0x12345678)).toBe(14);

  expect(hex(out)).toBe(`0000${'80ef'}fffe${'fedcba98'}12345678${'0000'}`);
});

test('cuts unwrapped sequence numbers and timestamps to their fields', () => {
  const out = new Uint8Array(12);

  writeRtpHeader(out, 0, false, 96, 65_536 + 7, 2 ** 32 + 9, 1);

  expect(hex(out)).toBe('80600007' + '00000009' + '00000001');
});

test('appends one-byte extensions, padded to 32 bits', () => {
  const out = new Uint8Array(40).fill(0xee);
  const writer = new RtpExtensionWriter();
  headerIn(out, 4);

  writer.begin(out, 4, false);
  expect(writer.add(1, bytes('aabbcc'), 1, 2)).toBe(true);
  expect(writer.add(14, bytes('01'), 0, 1)).toBe(true);
  expect(writer.end()).toBe(4 + 12 + 4 + 8);

  expect(hex(out.subarray(4, 28))).toBe('90600001' + '00000002' + '00000003' + 'bede0002' + '11bbcce0' + '01000000');
  expect(out[28]).toBe(0xee);
});

test('appends two-byte extensions when asked to', () => {
  const out = new Uint8Array(40);
  const writer = new RtpExtensionWriter();
  headerIn(out, 0);

  writer.begin(out, 0, true);
  expect(writer.add(200, bytes('aa'), 0, 1)).toBe(true);
  expect(writer.add(3, bytes(''), 0, 0)).toBe(true);
  expect(writer.end()).toBe(24);

  expect(hex(out.subarray(12, 24))).toBe('10000002' + 'c801aa03' + '00000000');
});

test('a reserved place is for the caller to fill', () => {
  const out = new Uint8Array(40);
  const writer = new RtpExtensionWriter();
  headerIn(out, 0);

  writer.begin(out, 0);
  const place = writer.reserve(5, 2);
  out[place] = 0x12;
  out[place + 1] = 0x34;

  expect(writer.end()).toBe(20);
  expect(hex(out.subarray(12, 20))).toBe('bede0001' + '51123400');
});

test('without additions there is no block and no X bit', () => {
  const out = new Uint8Array(16);
  const writer = new RtpExtensionWriter();
  headerIn(out, 0);

  writer.begin(out, 0);

  expect(writer.end()).toBe(12);
  expect(out[0]).toBe(0x80);
});

test.each([
  ['id 0', 0, 1],
  ['id 15', 15, 1],
  ['no bytes', 1, 0],
  ['17 bytes', 1, 17],
])('the one-byte form refuses %s and stays as it was', (_, id, length) => {
  const out = new Uint8Array(64);
  const writer = new RtpExtensionWriter();
  headerIn(out, 0);
  writer.begin(out, 0, false);

  expect(writer.add(id, new Uint8Array(32), 0, length)).toBe(false);
  expect(writer.end()).toBe(12);
});

test.each([
  ['id 0', 0, 1],
  ['id 256', 256, 1],
  ['256 bytes', 1, 256],
])('the two-byte form refuses %s and stays as it was', (_, id, length) => {
  const out = new Uint8Array(512);
  const writer = new RtpExtensionWriter();
  headerIn(out, 0);
  writer.begin(out, 0, true);

  expect(writer.add(id, new Uint8Array(300), 0, length)).toBe(false);
  expect(writer.end()).toBe(12);
});

test('an extension that would not fit the buffer with its padding is refused', () => {
  const writer = new RtpExtensionWriter();
  const tooSmall = new Uint8Array(19);
  const fitting = new Uint8Array(20);

  writer.begin(tooSmall, 0);
  expect(writer.reserve(1, 2)).toBe(-1);
  writer.begin(fitting, 0);
  expect(writer.reserve(1, 2)).toBe(17);
});

const element = fc.record({ id: fc.integer({ min: 1, max: 14 }), value: fc.uint8Array({ minLength: 1, maxLength: 16 }) });

test('a view reads back any header and any extensions, in both forms', () => {
  const elements = fc.uniqueArray(element, { selector: ({ id }) => id, maxLength: 14 });
  const header = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 127 }), uint16, uint32, uint32);
  fc.assert(
    fc.property(header, elements, fc.boolean(), ([marker, payloadType, seq, timestamp, ssrc], added, twoByte) => {
      const out = new Uint8Array(400);
      const writer = new RtpExtensionWriter();
      const view = new RtpView();

      writeRtpHeader(out, 0, marker, payloadType, seq, timestamp, ssrc);
      writer.begin(out, 0, twoByte);
      for (const { id, value } of added) expect(writer.add(id, value, 0, value.length)).toBe(true);
      const headerLength = writer.end();

      expect(view.read(out, headerLength + 5)).toBe(true);
      expect(view).toMatchObject({ marker, payloadType, sequenceNumber: seq, timestamp, ssrc, headerLength, payloadLength: 5 });
      for (const { id, value } of added) {
        expect(view.findExtension(id)).toBe(true);
        expect(out.slice(view.extensionOffset, view.extensionOffset + view.extensionLength)).toEqual(value);
      }
    }),
    SEEDED,
  );
});
