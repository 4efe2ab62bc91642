import { compactNtp, compactNtpFromMs, ntpFractionFromUnixMs, ntpSecondsFromUnixMs, roundTripMs, unixMsFromNtp } from '@causeway/wire';
import fc from 'fast-check';
import { SEEDED, uint32 } from './seeded.ts';

test('half a second is half of 2^32, not the digits of 500', () => {
  expect(ntpFractionFromUnixMs(1_500)).toBe(0x80000000);
  expect(ntpFractionFromUnixMs(1_001)).toBe(Math.floor(2 ** 32 / 1_000));
  expect(ntpFractionFromUnixMs(1_999)).toBe(Math.floor(2 ** 32 * 0.999));
});

test('the Unix epoch is 2,208,988,800 seconds into the century', () => {
  expect(ntpSecondsFromUnixMs(0)).toBe(2_208_988_800);
  expect(ntpSecondsFromUnixMs(999.9)).toBe(2_208_988_800);
  expect(ntpSecondsFromUnixMs(1_000)).toBe(2_208_988_801);
});

test('the seconds start again in February 2036, and are read as that', () => {
  const eraEnd = Date.UTC(2036, 1, 7, 6, 28, 16);

  expect(ntpSecondsFromUnixMs(eraEnd - 1_000)).toBe(0xffffffff);
  expect(ntpSecondsFromUnixMs(eraEnd)).toBe(0);
  expect(unixMsFromNtp(0, 0)).toBe(eraEnd);
  expect(unixMsFromNtp(0xffffffff, 0)).toBe(eraEnd - 1_000);
});

test('a time survives the conversion to NTP and back to within a microsecond', () => {
  const year2100 = Date.UTC(2100, 0, 1);
  fc.assert(
    fc.property(fc.double({ min: 0, max: year2100, noNaN: true }), (unixMs) => {
      const back = unixMsFromNtp(ntpSecondsFromUnixMs(unixMs), ntpFractionFromUnixMs(unixMs));
      expect(Math.abs(back - unixMs)).toBeLessThan(0.001);
    }),
    SEEDED,
  );
});

test('the compact form is the middle 32 bits', () => {
  expect(compactNtp(0xb44db705, 0x20000000)).toBe(0xb7052000);
  expect(compactNtp(0x0000ffff, 0xffffffff)).toBe(0xffffffff);
});

test('the round trip of the example in RFC 3550 figure 2 is 6.125 s', () => {
  expect(roundTripMs(0xb7108000, 0xb7052000, 0x00054000)).toBe(6_125);
});

test('a round trip is measured across the wrap of the compact clock', () => {
  expect(roundTripMs(0x00008000, 0xffff8000, 0x00008000)).toBe(500);
});

test('no sender report yet, or an echo from the future, proves no round trip', () => {
  expect(roundTripMs(1_000, 0, 0)).toBeUndefined();
  expect(roundTripMs(0x00010000, 0x00010401, 0)).toBeUndefined();
});

test('a round trip that a coarse clock rounds below zero is none to speak of', () => {
  expect(roundTripMs(0x00010000, 0x00010001, 0)).toBe(0);
  expect(roundTripMs(0x00010000, 0x00010000, 1_024)).toBe(0);
});

test('a delay that does not fit DLSR becomes the longest one, and a negative one none', () => {
  expect(compactNtpFromMs(1_000)).toBe(65_536);
  expect(compactNtpFromMs(1e12)).toBe(0xffffffff);
  expect(compactNtpFromMs(-5)).toBe(0);
});

test('a round trip is never negative', () => {
  fc.assert(
    fc.property(uint32, uint32, uint32, (now, lastSenderReport, delay) => {
      expect(roundTripMs(now, lastSenderReport, delay) ?? 0).toBeGreaterThanOrEqual(0);
    }),
    SEEDED,
  );
});
