import { HELD_BACK_MS, ImpairedLine, type Impairment, UNIMPAIRED } from '@causeway/faults';
import { seededRandom } from '@causeway/testkit';

const DATAGRAMS = 20_000;
const DATAGRAM_BYTES = 1_000;

/** What becomes of datagrams sent a millisecond apart. */
function send(change: Partial<Impairment>, seed: number = 1): (readonly number[])[] {
  const line = new ImpairedLine(seededRandom(seed));
  line.impair({ ...UNIMPAIRED, ...change });
  return Array.from({ length: DATAGRAMS }, (_, sentAtMs) => [...line.take(sentAtMs, DATAGRAM_BYTES)]);
}

describe('a line between two regions', () => {
  it('passes everything on at once when it is told nothing', () => {
    expect(send({}).every((arrivals, sentAtMs) => arrivals.length === 1 && arrivals[0] === sentAtMs)).toBe(true);
  });

  it('delays every datagram alike', () => {
    expect(send({ delayMs: 80 }).every(([arrivedAtMs], sentAtMs) => arrivedAtMs === sentAtMs + 80)).toBe(true);
  });

  it.each([0.02, 0.05])('loses a share of %d', (lossRatio) => {
    const lost = send({ lossRatio }).filter((arrivals) => arrivals.length === 0).length;

    expect(lost / DATAGRAMS).toBeCloseTo(lossRatio, 2);
  });

  it('loses as many when it loses several in a row', () => {
    const isLost = send({ lossRatio: 0.03, lossBurst: 8 }).map((arrivals) => arrivals.length === 0);
    const bursts = isLost.filter((lost, index) => lost && isLost[index - 1] !== true).length;
    const lost = isLost.filter(Boolean).length;

    expect(lost / DATAGRAMS).toBeCloseTo(0.03, 2);
    expect(lost / bursts).toBeGreaterThanOrEqual(8);
  });

  it('changes no order by jitter alone', () => {
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

  it('delivers a share twice', () => {
    const twice = send({ duplicateRatio: 0.01 }).filter(({ length }) => length === 2).length;

    expect(twice / DATAGRAMS).toBeCloseTo(0.01, 2);
  });

  it('carries no more than its rate, and keeps no datagram waiting for long', () => {
    const arrivals = send({ rateBps: 4_000_000 }).flatMap((times, sentAtMs) => times.map((arrivedAtMs) => ({ sentAtMs, arrivedAtMs })));

    expect((8 * DATAGRAM_BYTES * arrivals.length) / (DATAGRAMS / 1_000) / 4_000_000).toBeCloseTo(1, 1);
    expect(Math.max(...arrivals.map(({ sentAtMs, arrivedAtMs }) => arrivedAtMs - sentAtMs))).toBeLessThan(205);
  });

  it('delivers nothing while it is cut', () => {
    expect(send({ isCut: true }).flat()).toEqual([]);
  });

  it('has the same bad luck with the same seed, and other luck with another', () => {
    expect(send({ lossRatio: 0.02 }, 7)).toEqual(send({ lossRatio: 0.02 }, 7));
    expect(send({ lossRatio: 0.02 }, 7)).not.toEqual(send({ lossRatio: 0.02 }, 8));
  });
});
