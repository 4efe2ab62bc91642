import { MoveWatch } from '../../../src/relay/path/move-watch.ts';

const other = (cost: number, nodes: readonly number[] = [2, 3, 1]) => ({ cost, nodes });

describe('a relay that works', () => {
  it('stays for anything that is not a fifth better', () => {
    const watch = new MoveWatch();

    expect([0, 5000, 10_000].map((nowMs) => watch.isWorthMoving(nowMs, 100, other(81)))).toEqual([false, false, false]);
  });

  it('moves once something better has been there for five seconds', () => {
    const watch = new MoveWatch();

    expect([0, 2500, 4999, 5000].map((nowMs) => watch.isWorthMoving(nowMs, 100, other(80)))).toEqual([false, false, false, true]);
  });

  it('starts to wait again when the better route was gone in between, or is another one', () => {
    const watch = new MoveWatch();
    watch.isWorthMoving(0, 100, other(50));
    watch.isWorthMoving(3000, 100, other(95));

    expect(watch.isWorthMoving(5000, 100, other(50))).toBe(false);
    expect(watch.isWorthMoving(9000, 100, other(50, [2, 4, 1]))).toBe(false);
    expect(watch.isWorthMoving(11_000, 100, other(50, [2, 4, 1]))).toBe(false);
    expect(watch.isWorthMoving(14_000, 100, other(50, [2, 4, 1]))).toBe(true);
  });

  it('moves at once when its route is interrupted', () => {
    expect(new MoveWatch().isWorthMoving(0, undefined, other(500))).toBe(true);
  });
});
