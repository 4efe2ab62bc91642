import { isOpusDtx, opusDurationTicks } from '@causeway/wire';
import fc from 'fast-check';
import { bytes } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { datagram, SEEDED } from '../seeded.ts';

test('silence has at most two bytes', () => {
  expect(isOpusDtx(1)).toBe(true);
  expect(isOpusDtx(2)).toBe(true);
  expect(isOpusDtx(3)).toBe(false);
});

test.each([
  ['SILK 10 ms', '00', 10],
  ['SILK 60 ms', '18', 60],
  ['SILK wideband 20 ms', '48', 20],
  ['hybrid 10 ms', '60', 10],
  ['hybrid 20 ms', '78', 20],
  ['CELT 2.5 ms', '80', 2.5],
  ['CELT fullband 20 ms, as browsers send', 'fc', 20],
  ['two frames of 20 ms', 'f9', 40],
  ['two frames of unequal size', 'fa', 40],
  ['three frames of 20 ms, counted', 'fb 03', 60],
  ['48 frames of 2.5 ms', '83 30', 120],
])('%s', (_, payload, durationMs) => {
  expect(opusDurationTicks(bytes(payload), 0, bytes(payload).length)).toBe(durationMs * 48);
});

test.each([
  ['nothing', ''],
  ['a count cut off', 'fb'],
  ['no frames', 'fb 00'],
  ['over 120 ms', 'fb 07'],
])('%s has no duration', (_, payload) => {
  expect(opusDurationTicks(bytes(payload), 0, bytes(payload).length)).toBeUndefined();
});

test('any bytes have a duration up to 120 ms or none, whatever lies around them', () => {
  fc.assert(
    fc.property(datagram, (payload) => {
      const durations = POISONS.map((poison) => {
        const { buffer, offset } = poisoned(payload, poison);
        return opusDurationTicks(buffer, offset, payload.length);
      });
      for (const duration of durations) expect(duration).toBe(durations[0]);
      expect(durations[0] ?? 48).toBeGreaterThan(0);
      expect(durations[0] ?? 48).toBeLessThanOrEqual(5_760);
    }),
    SEEDED,
  );
});
