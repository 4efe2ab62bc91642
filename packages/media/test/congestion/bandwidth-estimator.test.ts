/**
 * The estimator with a source that follows it, in virtual time. Both bounds count: what is too slow and what overshoots.
 */
import type { MediaFlow } from './support/media-flow.ts';
import { between, EACH_SEED, meanTargetBps, msUntil, quantileOf, queueMs, receivedBps, Scene } from './support/scene.ts';

const KBPS = 1000;

function overshootOf(flow: MediaFlow, capacityBps: number, fromMs: number, toMs: number): number {
  return (
    quantileOf(
      between(flow, fromMs, toMs).map(({ targetBps }) => targetBps),
      0.95,
    ) / capacityBps
  );
}

describe.each(EACH_SEED)('seed %i', (seed) => {
  test.each([
    [500 * KBPS, 10],
    [500 * KBPS, 150],
    [2500 * KBPS, 50],
    [4000 * KBPS, 50],
  ])('a steady path of %d bit/s and %d ms is used, and its queue stays short', (rateBps, delayMs) => {
    const scene = new Scene({ seed, rateBps, delayMs });
    const flow = scene.flow();

    scene.runUntil(60_000);

    expect(meanTargetBps(flow, 15_000, 60_000) / rateBps).toBeGreaterThan(0.85);
    expect(meanTargetBps(flow, 15_000, 60_000) / rateBps).toBeLessThan(1);
    expect(overshootOf(flow, rateBps, 15_000, 60_000)).toBeLessThan(1.1);
    expect(queueMs(flow, 0.95, 15_000, 60_000)).toBeLessThan(80);
    expect(flow.lost).toBe(0);
    expect(flow.probeBytes / flow.sent.bytesSent).toBeLessThan(0.05);
  });

  test('a path that narrows to a fifth is followed within a second, and its queue drains', () => {
    const steps = [
      { fromMs: 0, rateBps: 2500 * KBPS },
      { fromMs: 20_000, rateBps: 500 * KBPS },
    ];
    const scene = new Scene({ seed, steps });
    const flow = scene.flow();

    scene.runUntil(50_000);

    expect(msUntil(flow, 20_000, ({ targetBps }) => targetBps < 500 * KBPS)).toBeLessThanOrEqual(1000);
    expect(queueMs(flow, 0.95, 23_000, 50_000)).toBeLessThan(100);
    expect(meanTargetBps(flow, 25_000, 50_000)).toBeGreaterThan(0.85 * 500 * KBPS);
  });

  test('a path that widens to five times as much is found within five seconds, without an excess', () => {
    const steps = [
      { fromMs: 0, rateBps: 500 * KBPS },
      { fromMs: 30_000, rateBps: 2500 * KBPS },
    ];
    const scene = new Scene({ seed, steps });
    const flow = scene.flow();

    scene.runUntil(60_000);

    expect(msUntil(flow, 30_000, ({ targetBps }) => targetBps > 0.85 * 2500 * KBPS)).toBeLessThanOrEqual(5000);
    expect(overshootOf(flow, 2500 * KBPS, 30_000, 60_000)).toBeLessThan(1.1);
    expect(queueMs(flow, 0.95, 30_000, 60_000)).toBeLessThan(80);
  });

  test.each([
    [0.01, 0.95],
    [0.05, 0.85],
    [0.1, 0.75],
  ])('random loss of %d leaves at least %d of the estimate', (lossRatio, share) => {
    const estimateWith = (ratio: number) => {
      const scene = new Scene({ seed, rateBps: 2500 * KBPS, lossRatio: ratio });
      const flow = scene.flow();
      scene.runUntil(60_000);
      return meanTargetBps(flow, 15_000, 60_000);
    };

    const clean = estimateWith(0);
    const lossy = estimateWith(lossRatio);

    expect(lossy / clean).toBeGreaterThan(share);
    expect(lossy / clean).toBeLessThan(1.1);
  });

  test('a policer, which makes no queue, is found by what it loses', () => {
    const scene = new Scene({ seed, policedBps: 1000 * KBPS });
    const flow = scene.flow();

    scene.runUntil(60_000);

    expect(receivedBps(flow, 20_000, 60_000)).toBeGreaterThan(700 * KBPS);
    expect(meanTargetBps(flow, 20_000, 60_000)).toBeLessThan(1300 * KBPS);
  });

  test('a dead path brings the estimate down to almost nothing in three seconds, and a living one up again', () => {
    const scene = new Scene({ seed, rateBps: 1000 * KBPS });
    const flow = scene.flow({ maxBps: 600 * KBPS });
    scene.runUntil(20_000);
    scene.forward.impair({ ...scene.forward.conditions, isCut: true });
    scene.runUntil(23_500);
    const whileDead = flow.estimator.targetBps;
    scene.forward.impair({ ...scene.forward.conditions, isCut: false });

    scene.runUntil(30_000);

    expect(whileDead).toBeLessThan(40 * KBPS);
    expect(msUntil(flow, 23_500, ({ targetBps }) => targetBps > 500 * KBPS)).toBeLessThan(3000);
    expect(flow.estimator.targetBps).toBeLessThan(1100 * KBPS);
  });

  test('a source that is paused for a minute finds the path again within three seconds', () => {
    const scene = new Scene({ seed, rateBps: 2500 * KBPS });
    const flow = scene.flow();
    scene.runUntil(20_000);
    flow.source.pause();
    flow.demandBps = 0;
    scene.runUntil(80_000);
    flow.source.resume();
    flow.demandBps = 5000 * KBPS;

    scene.runUntil(90_000);

    expect(msUntil(flow, 80_000, ({ targetBps }) => targetBps > 0.8 * 2500 * KBPS)).toBeLessThan(3000);
    expect(overshootOf(flow, 2500 * KBPS, 80_000, 90_000)).toBeLessThan(1.15);
  });

  test('jitter that changes no order does not hide the path', () => {
    const scene = new Scene({ seed, rateBps: 1500 * KBPS, jitterMs: 20 });
    const flow = scene.flow();

    scene.runUntil(60_000);

    expect(meanTargetBps(flow, 15_000, 60_000)).toBeGreaterThan(0.75 * 1500 * KBPS);
    expect(overshootOf(flow, 1500 * KBPS, 15_000, 60_000)).toBeLessThan(1.25);
  });

  test.each([
    [4000 * KBPS, 2700 * KBPS],
    [500 * KBPS, 5000 * KBPS],
  ])('a receiving machine that is held up again and again does not hide a path of %d bit/s', (rateBps, maxBps) => {
    const scene = new Scene({ seed, rateBps, delayMs: 25, stallsPerSecond: 4, maxStallMs: 100 });
    const flow = scene.flow({ maxBps, layersBps: [150 * KBPS, 750 * KBPS, 2500 * KBPS] });
    const wantedBps = Math.min(rateBps, maxBps);

    scene.runUntil(60_000);

    expect(msUntil(flow, 0, ({ targetBps }) => targetBps > 0.8 * wantedBps)).toBeLessThan(6000);
    expect(meanTargetBps(flow, 15_000, 60_000)).toBeGreaterThan(0.8 * wantedBps);
    expect(overshootOf(flow, rateBps, 15_000, 60_000)).toBeLessThan(1.35);
    expect(flow.lost).toBe(0);
  });

  test('feedback that is itself lost and held up is enough', () => {
    const scene = new Scene({ seed, rateBps: 1500 * KBPS });
    scene.back.impair({ ...scene.back.conditions, lossRatio: 0.2, jitterMs: 60 });
    const flow = scene.flow();

    scene.runUntil(60_000);

    expect(meanTargetBps(flow, 15_000, 60_000)).toBeGreaterThan(0.75 * 1500 * KBPS);
    expect(overshootOf(flow, 1500 * KBPS, 15_000, 60_000)).toBeLessThan(1.1);
    expect(queueMs(flow, 0.95, 15_000, 60_000)).toBeLessThan(120);
  });
});

/** As in libwebrtc's scenarios of the same numbers: started at 300 kbit/s, with what the path carries and takes one way. */
test.each([
  ['500 kbit/s, 100 ms', 500, 100, 25_000, [350, 550]],
  ['800 kbit/s, 50 ms', 800, 50, 20_000, [600, 900]],
  ['100 kbit/s, 200 ms', 100, 200, 50_000, [65, 115]],
] as const)('from 300 kbit/s to %s', (_, kbps, delayMs, atMs, [least, most]) => {
  const scene = new Scene({ seed: 1, rateBps: kbps * KBPS, delayMs });
  const flow = scene.flow({ startBps: 300 * KBPS });

  scene.runUntil(atMs);

  expect(flow.estimator.targetBps / KBPS).toBeGreaterThan(least);
  expect(flow.estimator.targetBps / KBPS).toBeLessThan(most);
});

test('a path that has shown no limit sets none, and one that overflows at once does', () => {
  const budgetOver = (rateBps: number) => {
    const scene = new Scene({ seed: 1, rateBps });
    const flow = scene.flow({ layersBps: [2500 * KBPS] });
    scene.runUntil(2000);
    return flow.estimator.budgetBps;
  };

  expect(budgetOver(20_000 * KBPS)).toBeUndefined();
  expect(budgetOver(400 * KBPS)).toBeLessThan(420 * KBPS);
});

test('a wide path is found within two seconds of the start', () => {
  const scene = new Scene({ seed: 1, rateBps: 20_000 * KBPS, delayMs: 25 });
  const flow = scene.flow();

  scene.runUntil(2000);

  expect(flow.estimator.targetBps).toBeGreaterThan(2000 * KBPS);
});

test('REMB caps the estimate for as long as it is repeated', () => {
  const scene = new Scene({ seed: 1, rateBps: 2000 * KBPS });
  const flow = scene.flow();
  scene.runUntil(10_000);
  flow.estimator.onRemb(10_000, 200 * KBPS);
  scene.runUntil(15_000);
  const capped = flow.estimator.targetBps;

  scene.runUntil(35_000);

  expect(capped).toBe(200 * KBPS);
  expect(flow.estimator.targetBps).toBeGreaterThan(1500 * KBPS);
});
