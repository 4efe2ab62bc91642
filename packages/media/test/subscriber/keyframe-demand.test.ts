import { KeyframeDemand } from '../../src/subscriber/keyframe-demand.ts';
import { Timers } from '../../src/timers.ts';

function fail(error: unknown): void {
  throw error;
}

/** Asks every `intervalMs` and lets timers fire every 10 ms. @returns when requests were passed on */
function askFor(durationMs: number, intervalMs: number): number[] {
  const passedAtMs: number[] = [];
  const timers = new Timers();
  const demand = new KeyframeDemand(timers, (nowMs) => passedAtMs.push(nowMs), fail);
  for (let nowMs = 0; nowMs < durationMs; nowMs += 10) {
    if (nowMs % intervalMs === 0) demand.request(nowMs);
    timers.fireDue(nowMs);
  }
  return passedAtMs;
}

describe('keyframe requests of one receiver', () => {
  test('are passed on at once while they are rare', () => {
    expect(askFor(30_000, 5000)).toEqual([0, 5000, 10_000, 15_000, 20_000, 25_000]);
  });

  test('are passed on three times in 600 ms, and then three times in ten seconds, however many they are', () => {
    const passedAtMs = askFor(60_000, 10);

    expect(passedAtMs.slice(0, 3)).toEqual([0, 200, 400]);
    expect(passedAtMs.filter((atMs) => atMs >= 10_000 && atMs < 60_000)).toHaveLength(15);
  });

  test('that came too soon are kept until their time', () => {
    const passedAtMs: number[] = [];
    const timers = new Timers();
    const demand = new KeyframeDemand(timers, (nowMs) => passedAtMs.push(nowMs), fail);

    const answers = [demand.request(0), demand.request(50), demand.request(60)];
    for (let nowMs = 60; nowMs < 1000; nowMs += 10) timers.fireDue(nowMs);

    expect(answers).toEqual([true, false, false]);
    expect(passedAtMs).toEqual([0, 200]);
  });

  test('that are kept are forgotten when a keyframe comes first', () => {
    const passedAtMs: number[] = [];
    const timers = new Timers();
    const demand = new KeyframeDemand(timers, (nowMs) => passedAtMs.push(nowMs), fail);
    demand.request(0);
    demand.request(50);

    demand.cancel();

    expect(timers.size).toBe(0);
    expect(passedAtMs).toEqual([0]);
  });
});
