import { DueTimes } from '../src/load/due-times.ts';

function firstTimes(times: DueTimes, count: number): number[] {
  return Array.from({ length: count }, (_, packet) => times.dueMs(packet));
}

describe('DueTimes', () => {
  test('spaces audio evenly, beginning at its phase', () => {
    const times = new DueTimes({ packetsPerSecond: 50, packetsPerFrame: 1, phase: 0.25 });

    expect(firstTimes(times, 3)).toEqual([5, 25, 45]);
  });

  test('sends a frame in bursts of a pacer, and nothing until the next frame', () => {
    const times = new DueTimes({ packetsPerSecond: 250, packetsPerFrame: 8, phase: 0 });

    expect(firstTimes(times, 9)).toEqual([0, 0, 0, 5, 5, 5, 10, 10, 32]);
  });

  test('keeps the rate over many frames', () => {
    const times = new DueTimes({ packetsPerSecond: 150, packetsPerFrame: 8, phase: 0.5 });

    const packetsInTenSeconds = 1_500;

    expect(times.dueMs(packetsInTenSeconds) - times.dueMs(0)).toBeGreaterThan(9_940);
    expect(times.dueMs(packetsInTenSeconds) - times.dueMs(0)).toBeLessThan(10_060);
  });

  test('sends a frame in one burst if the next one is due soon', () => {
    const times = new DueTimes({ packetsPerSecond: 1_000, packetsPerFrame: 8, phase: 0 });

    expect(firstTimes(times, 9)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 8]);
  });
});
