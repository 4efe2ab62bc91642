import { Pacing } from '../src/load/pacing.ts';

describe('Pacing', () => {
  test('sends the first packet at once, then one per interval', () => {
    const pacing = new Pacing(1000, 250);

    expect([1000, 1003.9, 1004, 1007.9, 1008].map((nowMs) => pacing.takeDue(nowMs))).toEqual([1, 0, 1, 0, 1]);
  });

  test('sends exactly as many packets as the rate requires, however late its timers fire', () => {
    const pacing = new Pacing(0, 250);
    let sent = 0;
    let nowMs = 0;
    for (let wake = 0; nowMs < 9990; wake++) {
      sent += pacing.takeDue(nowMs);
      nowMs += pacing.sleepMs(nowMs) + (wake % 7) * 0.3;
    }
    sent += pacing.takeDue(9999);

    expect(sent).toBe(2500);
  });

  test('catches up at once after a stall', () => {
    const pacing = new Pacing(0, 250);
    pacing.takeDue(0);

    expect(pacing.takeDue(20)).toBe(5);
    expect(pacing.takeDue(20)).toBe(0);
  });

  test('catches up by at most one large frame, and keeps the pace from there', () => {
    const pacing = new Pacing(0, 250);

    expect(pacing.takeDue(1000)).toBe(25);
    expect([1000, 1003.9, 1004].map((nowMs) => pacing.takeDue(nowMs))).toEqual([1, 0, 1]);
  });

  test('sleeps until the next packet is due, in whole milliseconds', () => {
    const pacing = new Pacing(0, 250);
    pacing.takeDue(0.2);

    expect(pacing.sleepMs(0.2)).toBe(4);
    expect(pacing.sleepMs(3.5)).toBe(1);
  });

  test('never requests a timer of 0 ms, which Node would silently round up', () => {
    const pacing = new Pacing(0, 250);

    expect(pacing.sleepMs(50)).toBe(1);
  });

  test('keeps a rate whose interval is not a whole number of milliseconds', () => {
    const pacing = new Pacing(0, 333);
    let sent = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs += pacing.sleepMs(nowMs)) sent += pacing.takeDue(nowMs);

    expect(sent).toBe(3330);
  });
});
