import { seededRandom } from '@causeway/testkit';
import { type ExtendedSeq, TransportFeedbackReader, TransportFeedbackWriter } from '@causeway/wire';
import fc from 'fast-check';
import { Acknowledgements, ArrivalClock } from '../../src/congestion/acknowledgements.ts';
import { SentPackets } from '../../src/congestion/sent-packets.ts';

/** A sender and what it makes of reports. */
function sender(first = 0) {
  const random = seededRandom(1);
  let draws = 0;
  const sent = new SentPackets(() => (draws++ === 0 ? first / 65_536 : random()));
  const reader = new TransportFeedbackReader();
  const clock = new ArrivalClock();
  const acknowledgements = new Acknowledgements();
  const take = (base: number, arrivalsMs: readonly (number | undefined)[]): boolean => {
    const writer = new TransportFeedbackWriter(1_200);
    writer.begin(base as ExtendedSeq, arrivalsMs.find((atMs) => atMs !== undefined) ?? 0);
    arrivalsMs.forEach((atMs, index) => {
      if (atMs !== undefined) writer.add((base + index) as ExtendedSeq, atMs);
    });
    const out = new Uint8Array(1_500);
    const end = writer.write(out, 0, 1, 2, 0);
    if (!reader.read(out, 0, end)) throw new Error('malformed');
    return acknowledgements.take(reader, clock, sent);
  };
  return { sent, acknowledgements, take };
}

test('a report becomes what was sent and when it came, in the order it was sent', () => {
  const { sent, acknowledgements, take } = sender(65_534);
  for (let index = 0; index < 5; index++) sent.take(index * 10, 1_000 + index, index === 3 ? 7 : 0);

  const isHonest = take(65_534, [400, undefined, 421.25, 420.5, undefined]);

  expect(isHonest).toBe(true);
  expect(acknowledgements).toMatchObject({ count: 3, lost: 0, bytes: 3_005 });
  expect([...acknowledgements.sentAtMs.subarray(0, 3)]).toEqual([0, 20, 30]);
  expect([...acknowledgements.arrivedAtMs.subarray(0, 3)]).toEqual([400, 421.25, 420.5]);
  expect([...acknowledgements.probe.subarray(0, 3)]).toEqual([0, 0, 7]);
});

test("arrivals go on where the peer's reference time comes round", () => {
  const { sent, acknowledgements, take } = sender();
  const turnMs = 2 ** 24 * 64;
  for (let index = 0; index < 4; index++) sent.take(index * 50, 1_000, 0);
  const arrivals: number[] = [];
  const times = [turnMs / 2 - 64, turnMs / 2 + 64, turnMs / 2 + 192];

  for (const [sequence, atMs] of times.entries()) {
    take(sequence, [atMs]);
    arrivals.push(acknowledgements.arrivedAtMs[0]);
  }

  expect(arrivals.map((atMs) => atMs - arrivals[0])).toEqual([0, 128, 256]);
});

test.each([
  ['a number that lies ahead', 500],
  ['a number far behind anything sent', -300],
])('a report on %s is not taken, or says nothing', (_, distance) => {
  const { sent, acknowledgements, take } = sender(1_000);
  for (let index = 0; index < 100; index++) sent.take(index, 1_000, 0);

  const isHonest = take(sent.newest + distance, [10]);

  expect(isHonest).toBe(distance < 0);
  expect(acknowledgements.count).toBe(0);
});

test('whatever reports say, every packet is acknowledged or lost at most once', () => {
  const report = fc.record({
    base: fc.integer({ min: -200, max: 400 }),
    arrivals: fc.array(fc.option(fc.integer({ min: 0, max: 5_000 }), { nil: undefined }), { minLength: 1, maxLength: 150 }),
  });
  fc.assert(
    fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
      const { sent, acknowledgements, take } = sender(500);
      for (let index = 0; index < 150; index++) sent.take(index, 100, 0);
      let judged = 0;
      for (const { base, arrivals } of reports) {
        take(500 + base, [...arrivals, 6_000]);
        judged += acknowledgements.count + acknowledgements.lost;
      }

      expect(judged).toBeLessThanOrEqual(150);
      expect(sent.bytesInFlight).toBeGreaterThanOrEqual(0);
      expect(sent.bytesInFlight).toBeLessThanOrEqual(15_000);
    }),
    { seed: 3, numRuns: 300 },
  );
});
