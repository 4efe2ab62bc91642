/** A viewer whose path does not carry the best layer is sent one that it carries. */
import { firstMs, framesPerSecond, longestGapMs, NarrowCall, SEEDS, SIZE } from './narrow-call.ts';

describe.each(SEEDS)('seed %d', (seed) => {
  test('a path that narrows to 500 kbit/s still shows a moving picture, and the best one when it is wide again', () => {
    const call = new NarrowCall(seed, [
      { fromMs: 0, rateBps: 4_000_000 },
      { fromMs: 5000, rateBps: 500_000 },
      { fromMs: 15_000, rateBps: 4_000_000 },
    ]);
    const shown = call.watch();
    call.runFor(5000);
    const narrowMs = call.world.nowMs;
    call.runFor(10_000);
    const wideMs = call.world.nowMs;
    call.runFor(10_000);
    const endMs = call.world.nowMs;

    expect(framesPerSecond(shown, narrowMs - 2000, narrowMs)).toBeGreaterThan(25);
    expect(longestGapMs(shown, narrowMs, narrowMs + 1500)).toBeLessThan(1000);
    expect(framesPerSecond(shown, narrowMs + 1500, wideMs)).toBeGreaterThan(25);
    expect(longestGapMs(shown, narrowMs + 1500, wideMs)).toBeLessThan(500);
    expect(firstMs(shown, wideMs, SIZE.f)).toBeLessThan(8000);
    expect(longestGapMs(shown, wideMs, endMs)).toBeLessThan(500);
  });

  test('who joins behind 400 kbit/s sees a picture at once, and it goes on moving', () => {
    const call = new NarrowCall(seed, [{ fromMs: 0, rateBps: 400_000 }]);
    const joinedMs = call.world.nowMs;

    const shown = call.watch();
    call.runFor(10_000);

    expect(firstMs(shown, joinedMs)).toBeLessThan(800);
    expect(longestGapMs(shown, joinedMs + 800, call.world.nowMs)).toBeLessThan(500);
    expect(framesPerSecond(shown, joinedMs + 1500, call.world.nowMs)).toBeGreaterThan(25);
    expect(new Set(shown.map(({ payloadBytes }) => payloadBytes))).toEqual(new Set([SIZE.q]));
  });

  test('who joins behind 5 Mbit/s sees the best layer within a second', () => {
    const call = new NarrowCall(seed, [{ fromMs: 0, rateBps: 5_000_000 }]);
    const joinedMs = call.world.nowMs;

    const shown = call.watch();
    call.runFor(5000);

    expect(firstMs(shown, joinedMs)).toBeLessThan(300);
    expect(firstMs(shown, joinedMs, SIZE.f)).toBeLessThan(1000);
    expect(framesPerSecond(shown, joinedMs + 2000, call.world.nowMs)).toBeGreaterThan(25);
  });

  test('the estimate of a viewer’s path does not change when the publisher’s loses a tenth of the packets', () => {
    const estimateWith = (lossProbability: number): number => {
      const call = new NarrowCall(seed, [{ fromMs: 0, rateBps: 1_500_000 }]);
      const { up } = call.world.linksOf(call.alice.path);
      call.watch();
      call.runFor(10_000);
      up.impairment = { ...up.impairment, lossProbability };
      return call.meanEstimateBps(10_000);
    };

    const clean = estimateWith(0);
    const lossy = estimateWith(0.1);

    expect(lossy / clean).toBeGreaterThan(0.95);
    expect(lossy / clean).toBeLessThan(1.05);
  });

  test('a viewer that pauses for a minute sees the best layer within three seconds of going on', () => {
    const call = new NarrowCall(seed, [{ fromMs: 0, rateBps: 2_500_000 }], 90_000);
    const shown = call.watch();
    call.runFor(8000);
    call.watch({ paused: true });
    call.runFor(60_000);
    const wantedMs = call.world.nowMs;
    const again = call.watch();
    call.runFor(10_000);

    const { probeBytesSent, rtpBytesSent } = call.world.engine.traffic;
    expect(shown.at(-1)?.payloadBytes).toBe(SIZE.f);
    expect(firstMs(again, wantedMs, SIZE.f)).toBeLessThan(3000);
    expect(longestGapMs(again, wantedMs + 3000, call.world.nowMs)).toBeLessThan(500);
    expect(probeBytesSent / rtpBytesSent).toBeLessThan(0.05);
  });
});

test('of two tracks behind 1.3 Mbit/s the more important one gets more, and both move', () => {
  const call = new NarrowCall(1, [{ fromMs: 0, rateBps: 1_300_000 }]);
  const less = call.watch();
  const more = call.watch({ ssrc: 80, rtxSsrc: 81, layers: { priority: 4 } });
  call.runFor(10_000);
  const fromMs = call.world.nowMs - 5000;

  const sizes = [less, more].map((shown) => shown.at(-1)?.payloadBytes);

  for (const shown of [less, more]) expect(framesPerSecond(shown, fromMs, call.world.nowMs)).toBeGreaterThan(25);
  expect(sizes).toEqual([SIZE.q, SIZE.h]);
});

test.each([900, 1000, 1100])('the keyframe that a better layer begins with holds sound up but little, over %d kbit/s', (kbps) => {
  const call = new NarrowCall(1, [
    { fromMs: 0, rateBps: 400_000 },
    { fromMs: 8000, rateBps: 1000 * kbps },
  ]);
  const beganMs = call.world.nowMs;
  const heard = call.speakFor(20_000);
  const shown = call.watch();

  call.runFor(20_000);

  const lateMs = heard()
    .filter(({ sentAtMs }) => sentAtMs > beganMs + 4000)
    .map(({ lateMs: ms }) => ms);
  expect(shown.at(-1)?.payloadBytes).toBe(SIZE.h);
  expect(Math.max(...lateMs)).toBeLessThan(120);
});

test('what does not fit is paused and told, and goes on by itself when it fits', () => {
  const call = new NarrowCall(1, [
    { fromMs: 0, rateBps: 220_000 },
    { fromMs: 8000, rateBps: 8_000_000 },
  ]);
  const first = call.watch({ layers: { priority: 2 } });
  const second = call.watch({ ssrc: 80, rtxSsrc: 81 });
  call.runFor(8000);
  const wideMs = call.world.nowMs;
  call.runFor(8000);

  const told = call.world.changes.flatMap(({ event }) =>
    event.type === 'quality-changed' && event.subscriptionId === 'bob/80' ? [event.quality] : [],
  );
  expect(framesPerSecond(first, wideMs - 5000, wideMs)).toBeGreaterThan(20);
  expect(framesPerSecond(second, wideMs - 5000, wideMs)).toBe(0);
  expect(framesPerSecond(second, wideMs + 5000, call.world.nowMs)).toBeGreaterThan(25);
  expect(told[0]).toBe('paused');
  expect(told.at(-1)).toBe('full');
});

test('a receiver that says nothing of its path is sent the best layer, as wide as it is', () => {
  const call = new NarrowCall(1, [{ fromMs: 0, rateBps: 4_000_000 }]);
  const shown = call.watch({ extensions: [] });

  call.runFor(4000);

  expect(new Set(shown.map(({ payloadBytes }) => payloadBytes))).toEqual(new Set([SIZE.f]));
});

test('twenty viewers whose path narrows at once cost the publisher few keyframes', () => {
  const call = new NarrowCall(1, [
    { fromMs: 0, rateBps: 80_000_000 },
    { fromMs: 5000, rateBps: 10_000_000 },
  ]);
  const shown = Array.from({ length: 20 }, (_, index) => {
    const viewer = call.join(`viewer${index}`, [
      { fromMs: 0, rateBps: 4_000_000 },
      { fromMs: 5000, rateBps: 500_000 },
    ]);
    return viewer();
  });
  call.runFor(5000);
  const narrowMs = call.world.nowMs;
  call.simulcast.keyframeRequests.length = 0;

  call.runFor(4000);

  for (const frames of shown) expect(framesPerSecond(frames, narrowMs + 2000, call.world.nowMs)).toBeGreaterThan(20);
  // They notice within half a second of each other: a few requests for each of the two lower layers, and not one for each viewer.
  expect(call.simulcast.keyframeRequests.length).toBeLessThanOrEqual(4);
});
