import { FirstBurst } from '../../src/congestion/first-burst.ts';

const PACKET_BYTES = 1000;

/** Packets that leave together, each as late as it says. @returns what the burst has shown */
function carriedBps(arrivedAtMs: readonly number[], sentEveryMs = 0): number | undefined {
  const burst = new FirstBurst();
  for (const [index, atMs] of arrivedAtMs.entries()) burst.add(sentEveryMs * index, atMs, PACKET_BYTES);
  return burst.carriedBps;
}

function everyMs(intervalMs: number, packets = 12): number[] {
  return Array.from({ length: packets }, (_, index) => 25 + intervalMs * index);
}

test('packets that left together and arrive one after the other show what the path carries', () => {
  expect(carriedBps(everyMs(20))).toBeCloseTo(400_000);
  expect(carriedBps(everyMs(20), 4)).toBeCloseTo(400_000);
});

test('a wide path shows nothing, nor do few packets', () => {
  expect(carriedBps(everyMs(0.5))).toBeUndefined();
  expect(carriedBps(everyMs(20, 3))).toBeUndefined();
});

test('a machine that is held up shows nothing: there is one gap, or the packets come together', () => {
  expect(carriedBps([25, 25, 25, 25, 26, 26, 26, 145, 145, 146, 146])).toBeUndefined();
  expect(carriedBps(everyMs(0, 12).map((atMs) => atMs + 200))).toBeUndefined();
});

test('packets that left one after the other show nothing', () => {
  expect(carriedBps(everyMs(20), 20)).toBeUndefined();
});

test('after two seconds nothing is looked at any more', () => {
  const burst = new FirstBurst();
  burst.add(0, 25, PACKET_BYTES);
  for (const atMs of everyMs(20)) burst.add(3000, 3000 + atMs, PACKET_BYTES);

  expect(burst.carriedBps).toBeUndefined();
});
