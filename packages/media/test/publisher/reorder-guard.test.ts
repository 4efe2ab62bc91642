import { ReorderGuard } from '../../src/publisher/reorder-guard.ts';

describe('ReorderGuard', () => {
  test('waits 5 ms or three newer packets on a path that keeps order', () => {
    const guard = new ReorderGuard();

    expect(guard.delayMs(0)).toBe(5);
    expect(guard.newerPackets(0)).toBe(3);
  });

  test('waits longer after a packet was late, up to 40 ms', () => {
    const guard = new ReorderGuard();

    guard.recordLate(100, 8, 2);
    expect(guard.delayMs(101)).toBe(12);
    expect(guard.newerPackets(101)).toBe(3);

    guard.recordLate(200, 50, 2);
    expect(guard.delayMs(201)).toBe(40);
  });

  test('does not forget a long delay because of a shorter one', () => {
    const guard = new ReorderGuard();
    guard.recordLate(100, 12, 2);

    guard.recordLate(200, 1, 1);

    expect(guard.delayMs(201)).toBe(18);
  });

  test('stops counting newer packets on a path that overtakes by three or more', () => {
    const guard = new ReorderGuard();

    guard.recordLate(100, 2, 3);
    guard.recordLate(150, 2, 1);

    expect(guard.newerPackets(151)).toBe(Number.POSITIVE_INFINITY);
  });

  test('trusts the path again after ten seconds in order', () => {
    const guard = new ReorderGuard();
    guard.recordLate(100, 15, 9);

    expect(guard.delayMs(10_099)).toBe(22.5);
    expect(guard.delayMs(10_100)).toBe(5);
    expect(guard.newerPackets(10_100)).toBe(3);
  });
});
