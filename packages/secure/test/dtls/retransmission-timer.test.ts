import { Timers } from '@causeway/media';
import { RetransmissionTimer } from '../../src/dtls/retransmission-timer.ts';

/** Runs all timers until the time, each when it is due. */
function runUntil(timers: Timers, untilMs: number, note: (nowMs: number) => void): void {
  while (timers.nextDeadlineMs <= untilMs) {
    const nowMs = timers.nextDeadlineMs;
    note(nowMs);
    timers.fireDue(nowMs);
  }
}

test('a flight is repeated at growing intervals until the handshake is given up', () => {
  const timesMs: number[] = [];
  let gaveUpAtMs = Number.NaN;
  let nowMs = 0;
  const timers = new Timers();
  const timer = new RetransmissionTimer(timers, {
    onRetransmit: () => timesMs.push(nowMs),
    onDeadline() {
      gaveUpAtMs = nowMs;
    },
    onDefect(error) {
      throw error;
    },
  });

  timer.start(0);
  runUntil(timers, 60_000, (atMs) => {
    nowMs = atMs;
  });

  expect(timesMs.slice(0, 4)).toEqual([250, 750, 1_750, 2_750]);
  expect(gaveUpAtMs).toBe(30_000);
});

test.each(['onRetransmit', 'onDeadline'] as const)("what %s throws is the owner's to hear, and is the last thing that happens", (which) => {
  const calls: string[] = [];
  const call = (name: string) => (): void => {
    calls.push(name);
    if (name === which) throw new Error('a defect');
  };
  const timers = new Timers();
  const timer = new RetransmissionTimer(timers, {
    onRetransmit: call('onRetransmit'),
    onDeadline: call('onDeadline'),
    onDefect: (error) => calls.push(String(error)),
  });

  timer.start(0);
  runUntil(timers, 60_000, () => undefined);

  expect(calls.slice(-2)).toEqual([which, 'Error: a defect']);
  expect(timers.size).toBe(0);
});
