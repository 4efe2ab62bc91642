import fc from 'fast-check';
import { type Timer, Timers } from '../src/timers.ts';

class RecordingTimer implements Timer {
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly firedAtMs: number[] = [];
  onFire: (nowMs: number) => void = () => {};
  readonly failures: unknown[] = [];

  fire(nowMs: number): void {
    this.firedAtMs.push(nowMs);
    this.onFire(nowMs);
  }

  fail(error: unknown): void {
    this.failures.push(error);
  }
}

describe('Timers', () => {
  test('has no deadline while nothing is armed', () => {
    const timers = new Timers();

    expect(timers.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    expect(timers.size).toBe(0);
  });

  test('fires what is due, earliest first, and leaves the rest', () => {
    const timers = new Timers();
    const order: string[] = [];
    for (const [name, atMs] of [
      ['c', 30],
      ['a', 10],
      ['d', 40],
      ['b', 20],
    ] as const) {
      const timer = new RecordingTimer();
      timer.onFire = () => order.push(name);
      timers.schedule(atMs, timer);
    }

    timers.fireDue(30);

    expect(order).toEqual(['a', 'b', 'c']);
    expect(timers.nextDeadlineMs).toBe(40);
  });

  test('is disarmed when it fires, so that it fires once', () => {
    const timers = new Timers();
    const timer = new RecordingTimer();
    timers.schedule(10, timer);

    timers.fireDue(10);
    timers.fireDue(20);

    expect(timer.firedAtMs).toEqual([10]);
    expect(timer.heapIndex).toBe(-1);
    expect(timer.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('moves a timer that is armed again, earlier or later', () => {
    const timers = new Timers();
    const [early, late] = [new RecordingTimer(), new RecordingTimer()];
    timers.schedule(10, early);
    timers.schedule(20, late);

    timers.schedule(30, early);
    timers.schedule(5, late);
    timers.fireDue(5);

    expect(late.firedAtMs).toEqual([5]);
    expect(early.firedAtMs).toEqual([]);
    expect(timers.nextDeadlineMs).toBe(30);
    expect(timers.size).toBe(1);
  });

  test('does not fire a cancelled timer; cancelling twice does nothing', () => {
    const timers = new Timers();
    const timer = new RecordingTimer();
    timers.schedule(10, timer);

    timers.cancel(timer);
    timers.cancel(timer);
    timers.fireDue(100);

    expect(timer.firedAtMs).toEqual([]);
  });

  test("keeps the order when the timer that takes a cancelled one's place is due before those above it", () => {
    const timers = new Timers();
    const order: number[] = [];
    const armed = [1, 10, 2, 11, 12, 3, 4, 13, 14, 15, 16, 5, 6, 7, 8].map((atMs) => {
      const timer = new RecordingTimer();
      timer.onFire = () => order.push(atMs);
      timers.schedule(atMs, timer);
      return timer;
    });

    timers.cancel(armed[3]);
    timers.fireDue(100);

    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16]);
  });

  test('takes Infinity for never', () => {
    const timers = new Timers();
    const timer = new RecordingTimer();
    timers.schedule(10, timer);

    timers.schedule(Number.POSITIVE_INFINITY, timer);

    expect(timers.size).toBe(0);
    expect(timers.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('lets a timer arm itself and cancel others while it fires', () => {
    const timers = new Timers();
    const [periodic, victim] = [new RecordingTimer(), new RecordingTimer()];
    periodic.onFire = (nowMs) => {
      timers.schedule(nowMs + 10, periodic);
      timers.cancel(victim);
    };
    timers.schedule(10, periodic);
    timers.schedule(11, victim);

    timers.fireDue(15);
    timers.fireDue(25);

    expect(periodic.firedAtMs).toEqual([15, 25]);
    expect(victim.firedAtMs).toEqual([]);
  });

  test('tells a timer that it has failed, and lets the others fire', () => {
    const timers = new Timers();
    const [defective, other] = [new RecordingTimer(), new RecordingTimer()];
    const defect = new TypeError('a defect');
    defective.onFire = () => {
      throw defect;
    };
    timers.schedule(10, defective);
    timers.schedule(11, other);

    timers.fireDue(20);

    expect(defective.failures).toEqual([defect]);
    expect(other.firedAtMs).toEqual([20]);
    expect(timers.size).toBe(0);
  });

  test('returns from a timer that keeps arming itself for a time already past', () => {
    const timers = new Timers();
    const stuck = new RecordingTimer();
    stuck.onFire = () => timers.schedule(0, stuck);
    timers.schedule(0, stuck);

    timers.fireDue(10);

    expect(stuck.firedAtMs).toEqual([10]);
    expect(timers.nextDeadlineMs).toBe(0);
  });

  test('agrees with a plain list under any sequence of arming, moving, cancelling and firing', () => {
    const schedule = fc.record({ kind: fc.constant('schedule' as const), timer: fc.nat(63), atMs: fc.nat(1000) });
    const cancel = fc.record({ kind: fc.constant('cancel' as const), timer: fc.nat(63), atMs: fc.constant(0) });
    const fire = fc.record({ kind: fc.constant('fire' as const), timer: fc.constant(0), atMs: fc.nat(300) });
    const step = fc.oneof({ weight: 6, arbitrary: schedule }, { weight: 3, arbitrary: cancel }, { weight: 1, arbitrary: fire });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const timers = new Timers();
        const all = Array.from({ length: 64 }, () => new RecordingTimer());
        const model = new Map<RecordingTimer, number>();
        for (const { kind, timer, atMs } of steps) {
          if (kind === 'schedule') {
            timers.schedule(atMs, all[timer]);
            model.set(all[timer], atMs);
          } else if (kind === 'cancel') {
            timers.cancel(all[timer]);
            model.delete(all[timer]);
          } else {
            const fired: number[] = [];
            for (const candidate of all) candidate.onFire = () => fired.push(model.get(candidate) ?? Number.NaN);
            const due = [...model].filter(([, deadlineMs]) => deadlineMs <= atMs);
            timers.fireDue(atMs);
            expect(fired).toEqual(due.map(([, deadlineMs]) => deadlineMs).sort((a, b) => a - b));
            for (const [candidate] of due) model.delete(candidate);
          }
          expect(timers.size).toBe(model.size);
          expect(timers.nextDeadlineMs).toBe(Math.min(...model.values()));
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
