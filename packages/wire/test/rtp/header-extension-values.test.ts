import { readAudioLevel, readMid, readRid, readTransportSequence, writeAbsSendTime, writeIdentifier, writeUint16 } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { SEEDED } from '../seeded.ts';

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

test.each(['0', 'audio', 'a-b.c_d', '{2f8ba3}', "!#$%&'*+^`|~"])('%s is a MID', (mid) => {
  expect(readMid(ascii(mid), 0, mid.length)).toBe(mid);
});

test.each(['', 'a b', 'a/b', 'a@b', '"', 'é', 'a\u0001'])('%j is no MID', (text) => {
  expect(readMid(ascii(text), 0, text.length)).toBeUndefined();
});

test.each(['h', 'hi', 'q1', 'high-res', 'a_b'])('%s is a RID', (rid) => {
  expect(readRid(ascii(rid), 0, rid.length)).toBe(rid);
});

test.each(['', '*', 'a.b', '{x}', 'a b'])('%j is no RID', (text) => {
  expect(readRid(ascii(text), 0, text.length)).toBeUndefined();
});

test('zeros that fill an identifier up are not part of it', () => {
  expect(readMid(bytes('30 00 00'), 0, 3)).toBe('0');
  expect(readRid(bytes('00'), 0, 1)).toBeUndefined();
});

test('an identifier is written as it is read', () => {
  const out = new Uint8Array(8);

  expect(writeIdentifier(out, 2, 'mid1')).toBe(6);
  expect(readMid(out, 2, 4)).toBe('mid1');
});

test('identifiers end where they say, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 255 }), (value) => {
      const readings = POISONS.map((poison) => {
        const { buffer, offset } = poisoned(value, poison);
        return [readMid(buffer, offset, value.length), readRid(buffer, offset, value.length)];
      });
      for (const reading of readings) expect(reading).toEqual(readings[0]);
    }),
    SEEDED,
  );
});

test('a transport-wide sequence number has two bytes, with or without a feedback request after them', () => {
  const out = new Uint8Array(2);

  expect(writeUint16(out, 0, 0xabcd)).toBe(2);
  expect(readTransportSequence(out, 0, 2)).toBe(0xabcd);
  expect(readTransportSequence(bytes('0102 8001'), 0, 4)).toBe(0x0102);
  expect(readTransportSequence(bytes('01'), 0, 1)).toBeUndefined();
});

test('the absolute send time counts 2^-18 s and wraps after 64 s', () => {
  const at = (nowMs: number) => {
    const out = new Uint8Array(3);
    expect(writeAbsSendTime(out, 0, nowMs)).toBe(3);
    return hex(out);
  };

  expect(at(0)).toBe('000000');
  expect(at(1_000)).toBe('040000');
  expect(at(500)).toBe('020000');
  expect(at(63_999.999)).toBe('ffffff');
  expect(at(64_000)).toBe('000000');
  expect(at(1_785_110_400_000 + 1_000)).toBe(at((1_785_110_400_000 % 64_000) + 1_000));
});

test('the audio level gives loudness and voice activity', () => {
  expect(readAudioLevel(bytes('9e'), 0, 1)).toEqual({ levelDbov: 30, voiceActivity: true });
  expect(readAudioLevel(bytes('7f'), 0, 1)).toEqual({ levelDbov: 127, voiceActivity: false });
  expect(readAudioLevel(bytes(''), 0, 0)).toBeUndefined();
  expect(readAudioLevel(bytes('9e9e'), 0, 2)).toBeUndefined();
});
