import { FORWARD_LATENCY_BOUNDS_MS, ForwardLatency } from '../src/latencies.ts';

/** Counts by class, without the empty ones: the upper bound of each and how many packets it has. */
function classesOf(latency: ForwardLatency): readonly (readonly [boundMs: number | undefined, packets: number])[] {
  return latency
    .snapshot()
    .counts.map((packets, index) => [FORWARD_LATENCY_BOUNDS_MS[index], packets] as const)
    .filter(([, packets]) => packets > 0);
}

test('all packets of a flush took as long as the first datagram that was read for it', () => {
  const latency = new ForwardLatency();
  latency.noteInput(1_000);
  latency.noteInput(1_001.8);

  latency.noteFlushed(() => 1_002, 30);

  expect(classesOf(latency)).toEqual([[2.5, 30]]);
  expect(latency.snapshot().sumMs).toBe(60);
});

test('what is sent without input, such as a queue that was waiting for its path, is not measured', () => {
  const latency = new ForwardLatency();
  latency.noteFlushed(() => 1_000, 10);
  latency.noteInput(2_000);

  latency.noteFlushed(() => 2_000.05, 12);

  expect(classesOf(latency)).toEqual([[0.1, 2]]);
});

test('input that led to no packet does not make the next flush look slow, and costs no look at the clock', () => {
  const latency = new ForwardLatency();
  latency.noteInput(1_000);
  latency.noteFlushed(() => {
    throw new Error('the clock was read');
  }, 0);
  latency.noteInput(9_000);

  latency.noteFlushed(() => 9_004, 1);

  expect(classesOf(latency)).toEqual([[5, 1]]);
});

test('a stall of seconds is in the class without a bound', () => {
  const latency = new ForwardLatency();
  latency.noteInput(0);

  latency.noteFlushed(() => 3_000, 4);

  expect(classesOf(latency)).toEqual([[undefined, 4]]);
});
