import { RetransmissionTimer } from '../../src/dtls/retransmission-timer.ts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a flight is repeated at growing intervals until the handshake is given up', () => {
  const timesMs: number[] = [];
  let gaveUpAtMs = Number.NaN;
  const startedMs = Date.now();
  const timer = new RetransmissionTimer({
    onRetransmit: () => timesMs.push(Date.now() - startedMs),
    onDeadline() {
      gaveUpAtMs = Date.now() - startedMs;
      timer.stop();
    },
    onDefect(error) {
      throw error;
    },
  });

  timer.start();
  jest.advanceTimersByTime(60_000);

  expect(timesMs.slice(0, 4)).toEqual([250, 750, 1_750, 2_750]);
  expect(gaveUpAtMs).toBe(30_000);
});

test.each(['onRetransmit', 'onDeadline'] as const)("what %s throws is the owner's to hear, and is the last thing that happens", (which) => {
  const calls: string[] = [];
  const call = (name: string) => (): void => {
    calls.push(name);
    if (name === which) throw new Error('a defect');
  };
  const timer = new RetransmissionTimer({
    onRetransmit: call('onRetransmit'),
    onDeadline: call('onDeadline'),
    onDefect: (error) => calls.push(String(error)),
  });

  timer.start();
  jest.advanceTimersByTime(60_000);

  expect(calls.slice(-2)).toEqual([which, 'Error: a defect']);
});
