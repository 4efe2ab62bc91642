import { Bottleneck, HELD_BACK_MS, type NetworkConditions, seededRandom, steppedCapacity, tracedCapacity } from '../../src/index.ts';

const DATAGRAMS = 20_000;
const DATAGRAM_BYTES = 1_000;

/** What becomes of datagrams sent a millisecond apart. */
function send(conditions: Partial<NetworkConditions>, seed: number = 1): (readonly number[])[] {
  const bottleneck = new Bottleneck(seededRandom(seed), conditions);
  return Array.from({ length: DATAGRAMS }, (_, sentAtMs) => [...bottleneck.take(sentAtMs, DATAGRAM_BYTES)]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('a bottleneck', () => {
  it('forwards every datagram immediately by default', () => {
    expect(send({}).every((arrivals, sentAtMs) => arrivals.length === 1 && arrivals[0] === sentAtMs)).toBe(true);
  });

  it('delays every datagram equally', () => {
    expect(send({ delayMs: 80 }).every(([arrivedAtMs], sentAtMs) => arrivedAtMs === sentAtMs + 80)).toBe(true);
  });

  it.each([0.02, 0.05])('loses a share of %d of the datagrams', (lossRatio) => {
    const lost = send({ lossRatio }).filter((arrivals) => arrivals.length === 0).length;

    expect(lost / DATAGRAMS).toBeCloseTo(lossRatio, 2);
  });

  it('loses the same share when it loses several in a row', () => {
    const isLost = send({ lossRatio: 0.03, lossBurst: 8 }).map((arrivals) => arrivals.length === 0);
    const bursts = isLost.filter((lost, index) => lost && isLost[index - 1] !== true).length;
    const lost = isLost.filter(Boolean).length;

    expect(lost / DATAGRAMS).toBeCloseTo(0.03, 2);
    expect(lost / bursts).toBeGreaterThanOrEqual(8);
  });

  it('does not reorder datagrams by jitter alone', () => {
    const arrivals = send({ delayMs: 75, jitterMs: 30 }).flat();

    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
    expect(Math.max(...arrivals.map((arrivedAtMs, sentAtMs) => arrivedAtMs - sentAtMs))).toBeLessThan(105);
  });

  it('holds a share of datagrams back, so that others overtake them', () => {
    const late = send({ delayMs: 10, reorderRatio: 0.03 }).filter(
      ([arrivedAtMs], sentAtMs) => arrivedAtMs === sentAtMs + 10 + HELD_BACK_MS,
    );

    expect(late.length / DATAGRAMS).toBeCloseTo(0.03, 2);
  });

  it('delivers a share of the datagrams twice', () => {
    const twice = send({ duplicateRatio: 0.01 }).filter(({ length }) => length === 2).length;

    expect(twice / DATAGRAMS).toBeCloseTo(0.01, 2);
  });

  it('never exceeds its rate, and keeps no datagram waiting for long', () => {
    const arrivals = send({ rateBps: 4_000_000 }).flatMap((times, sentAtMs) => times.map((arrivedAtMs) => ({ sentAtMs, arrivedAtMs })));

    expect((8 * DATAGRAM_BYTES * arrivals.length) / (DATAGRAMS / 1_000) / 4_000_000).toBeCloseTo(1, 1);
    expect(Math.max(...arrivals.map(({ sentAtMs, arrivedAtMs }) => arrivedAtMs - sentAtMs))).toBeLessThan(205);
  });

  it('drops only the datagrams that do not fit in the queue', () => {
    const bottleneck = new Bottleneck(seededRandom(1), { rateBps: 800_000, queueMs: 1_000, queueBytes: 5_000 });

    const burst = Array.from({ length: 8 }, () => bottleneck.take(0, 1_000).length);
    const tenMsLater = [bottleneck.take(10, 1_000).length, bottleneck.take(10, 1_000).length];

    expect(burst).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
    expect(tenMsLater).toEqual([1, 0]);
    expect(bottleneck.counts).toEqual({ offered: 10, overflowed: 4, policed: 0, lost: 0, marked: 0 });
  });

  it('drops datagrams above the policed rate, and delays none', () => {
    const bottleneck = new Bottleneck(seededRandom(1), { policedBps: 800_000, policerBurstBytes: 3_000 });
    const arrivals = Array.from({ length: 1_000 }, (_, sentAtMs) => bottleneck.take(sentAtMs, 400));
    const passed = arrivals.filter(({ length }) => length === 1).length;

    // 100 bytes each millisecond of the 400 that are sent, and the burst.
    expect(passed).toBe(257);
    expect(arrivals.every(([arrivedAtMs], sentAtMs) => arrivedAtMs === undefined || arrivedAtMs === sentAtMs)).toBe(true);
  });

  it('sends a datagram at two rates if the rate changes halfway through', () => {
    const steps = [
      { fromMs: 0, rateBps: 800_000 },
      { fromMs: 15, rateBps: 400_000 },
      { fromMs: 35, rateBps: 0 },
      { fromMs: 100, rateBps: 8_000_000 },
    ];
    const bottleneck = new Bottleneck(seededRandom(1), {}, steppedCapacity(steps));

    const arrivals = [0, 0, 0].flatMap((sentAtMs) => bottleneck.take(sentAtMs, 1_000));

    // 10 ms; then half at 5 ms and half at 10 ms; then half of it before the outage and half after.
    expect(arrivals).toEqual([10, 25, 100.5]);
  });

  it('accepts no more datagrams once the link is down for good', () => {
    const steps = [
      { fromMs: 0, rateBps: 800_000 },
      { fromMs: 50, rateBps: 0 },
    ];
    const bottleneck = new Bottleneck(seededRandom(1), {}, steppedCapacity(steps));

    const arrived = Array.from({ length: 10 }, (_, index) => bottleneck.take(index * 10, 900).length);

    expect(sum(arrived)).toBe(5);
  });

  it('sends 1,500 bytes for each line of a trace, and repeats the trace', () => {
    const bottleneck = new Bottleneck(seededRandom(1), {}, tracedCapacity('2\n2\n10\n'));

    const whole = [0, 0, 0, 0, 0].flatMap((sentAtMs) => bottleneck.take(sentAtMs, 1_500));
    const small = [25, 25, 25].flatMap((sentAtMs) => bottleneck.take(sentAtMs, 700));
    const afterASilence = bottleneck.take(33, 700);
    const large = bottleneck.take(41, 3_200);

    expect(whole).toEqual([2, 2, 10, 12, 12]);
    expect(small).toEqual([30, 30, 32]);
    expect(afterASilence).toEqual([40]);
    expect(large).toEqual([50]);
  });

  it.each(['', '0', '5\n3', '1\nx', '1.5'])('rejects the trace %j', (trace) => {
    expect(() => tracedCapacity(trace)).toThrow(RangeError);
  });

  it('reports how long a datagram would wait, and behind how many bytes', () => {
    const bottleneck = new Bottleneck(seededRandom(1), { rateBps: 800_000 });

    bottleneck.take(0, 1_000);
    bottleneck.take(0, 500);

    expect([bottleneck.waitMs(0), bottleneck.waitMs(12), bottleneck.waitMs(20)]).toEqual([15, 3, 0]);
    expect([bottleneck.queuedBytes(0), bottleneck.queuedBytes(12), bottleneck.queuedBytes(15)]).toEqual([1_500, 500, 0]);
  });

  it('delivers nothing while the link is cut', () => {
    expect(send({ isCut: true }).flat()).toEqual([]);
  });

  it('loses the same datagrams with the same seed, and others with another seed', () => {
    expect(send({ lossRatio: 0.02 }, 7)).toEqual(send({ lossRatio: 0.02 }, 7));
    expect(send({ lossRatio: 0.02 }, 7)).not.toEqual(send({ lossRatio: 0.02 }, 8));
  });
});
