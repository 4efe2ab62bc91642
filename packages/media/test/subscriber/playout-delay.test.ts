import { PlayoutDelay, type ReceiverPath } from '../../src/subscriber/playout-delay.ts';

const BLIND: ReceiverPath = { rttMs: 30, receive: { trackCount: 0 } };
const KNOWN = { receive: { trackCount: 1 } };

/** What the value says, in milliseconds. */
function delaysOf(value: Uint8Array | undefined): { readonly least: number; readonly most: number } | undefined {
  if (value === undefined) return undefined;
  const [first = 0, second = 0, third = 0] = value;
  return { least: 10 * ((first << 4) | (second >> 4)), most: 10 * (((second & 0xf) << 8) | third) };
}

/** Reports of one share of loss, a second apart. @returns what the last of them led to */
function report(delay: PlayoutDelay, fromMs: number, seconds: number, lostShare: number, path = BLIND): Uint8Array | undefined {
  let value: Uint8Array | undefined;
  for (let second = 0; second < seconds; second++) {
    value = delay.afterReport(fromMs + 1000 * second, lostShare, path);
  }
  return value;
}

test('a sound path needs none, nor does one that loses a burst now and then', () => {
  const delay = new PlayoutDelay();

  report(delay, 0, 20, 0.005);
  report(delay, 20_000, 1, 0.1);
  const value = report(delay, 21_000, 20, 0);

  expect(value).toBeUndefined();
});

test('a lossy path needs time for two requests of a receiver that does not know its round trip', () => {
  const value = report(new PlayoutDelay(), 0, 3, 0.1);

  expect(delaysOf(value)).toEqual({ least: 200, most: 10_000 });
});

test.each([
  ['that knows it is close', { ...KNOWN, rttMs: 3 }, 40],
  ['that knows it is far away', { ...KNOWN, rttMs: 84 }, 170],
  ['that does not know it is far away', { ...BLIND, rttMs: 180 }, 360],
  ['so far away that asking again is of no use', { ...KNOWN, rttMs: 900 }, 500],
])('a receiver %s gets as much time as two round trips take', (_what, path, least) => {
  const value = report(new PlayoutDelay(), 0, 3, 0.1, path);

  expect(delaysOf(value)?.least).toBe(least);
});

test('a round trip that wavers by less than half changes nothing', () => {
  const delay = new PlayoutDelay();
  const value = report(delay, 0, 3, 0.1, { ...KNOWN, rttMs: 100 });

  const later = report(delay, 3000, 1, 0.1, { ...KNOWN, rttMs: 70 });

  expect(later).toBe(value);
});

test('a path that has been sound for ten seconds gets its pictures at once again', () => {
  const delay = new PlayoutDelay();
  report(delay, 0, 5, 0.1);

  const soon = report(delay, 5000, 10, 0);
  const later = report(delay, 15_000, 10, 0);

  expect(delaysOf(soon)?.least).toBe(200);
  expect(delaysOf(later)).toEqual({ least: 0, most: 10_000 });
});
