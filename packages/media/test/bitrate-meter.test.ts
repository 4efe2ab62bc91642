import { BitrateMeter } from '../src/publisher/reception-statistics.ts';

/** Records packets of `sizeBytes` every `intervalMs` from `fromMs` up to `toMs`. */
function recordSteadily(meter: BitrateMeter, fromMs: number, toMs: number, intervalMs: number, sizeBytes: number): void {
  for (let nowMs = fromMs; nowMs < toMs; nowMs += intervalMs) meter.record(nowMs, sizeBytes);
}

describe('BitrateMeter', () => {
  test('is zero before the first packet', () => {
    expect(new BitrateMeter().bitrateBps(5000)).toBe(0);
  });

  test.each([0, 123.4, 1_000_000.7, 2 ** 40])('measures a steady stream within 2 %% (clock starts at %d ms)', (startMs) => {
    const meter = new BitrateMeter();

    recordSteadily(meter, startMs, startMs + 3000, 4, 1200);

    expect(meter.bitrateBps(startMs + 3000)).toBeGreaterThan(2_400_000 * 0.98);
    expect(meter.bitrateBps(startMs + 3000)).toBeLessThan(2_400_000 * 1.02);
  });

  test('does not make megabits of the first packets', () => {
    const meter = new BitrateMeter();

    meter.record(1000, 1200);

    expect(meter.bitrateBps(1000)).toBeLessThan(50_000);
  });

  test('follows a change of rate within about a second', () => {
    const meter = new BitrateMeter();
    recordSteadily(meter, 0, 5000, 4, 1200);

    recordSteadily(meter, 5000, 6100, 40, 1200);

    expect(meter.bitrateBps(6100)).toBeGreaterThan(200_000);
    expect(meter.bitrateBps(6100)).toBeLessThan(290_000);
  });

  test('forgets a stream that has stopped', () => {
    const meter = new BitrateMeter();
    recordSteadily(meter, 0, 2000, 4, 1200);

    expect(meter.bitrateBps(3100)).toBe(0);
    expect(meter.bitrateBps(1_000_000)).toBe(0);
  });

  test('starts over after a pause of any length', () => {
    const meter = new BitrateMeter();
    recordSteadily(meter, 0, 2000, 4, 1200);

    recordSteadily(meter, 3_600_000, 3_602_000, 8, 1200);

    expect(meter.bitrateBps(3_602_000)).toBeGreaterThan(1_200_000 * 0.95);
    expect(meter.bitrateBps(3_602_000)).toBeLessThan(1_200_000 * 1.05);
  });
});
