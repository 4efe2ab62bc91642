/** What a sender makes of reports by stream (RFC 8888), honest and not. */
import { seededRandom } from '@causeway/testkit';
import { CONGESTION_FEEDBACK_PERIOD_MS, CongestionFeedbackReader, type ReportedStream, writeCongestionFeedback } from '@causeway/wire';
import fc from 'fast-check';
import { Acknowledgements, ArrivalClock } from '../../src/congestion/acknowledgements.ts';
import { BandwidthEstimator } from '../../src/congestion/bandwidth-estimator.ts';
import { SentPackets } from '../../src/congestion/sent-packets.ts';
import { StreamNumbers } from '../../src/congestion/stream-numbers.ts';

const PICTURE = 7;
const SOUND = 9;

/** Sends packets of two streams, and takes reports on them. */
class Sender {
  readonly sent = new SentPackets(seededRandom(1));
  readonly numbers = new StreamNumbers();
  readonly acknowledgements = new Acknowledgements();
  readonly estimator = new BandwidthEstimator(() => 0.5);
  readonly #reader = new CongestionFeedbackReader();
  readonly #clock = new ArrivalClock(CONGESTION_FEEDBACK_PERIOD_MS);
  nowMs = 0;
  isEcnCapable = true;

  send(ssrc: number, sequence: number, sizeBytes = 1000): void {
    this.numbers.note(ssrc, sequence, this.sent.take(this.nowMs, sizeBytes, 0, this.isEcnCapable));
    this.estimator.onSent(this.nowMs, this.sent.bytesSent);
  }

  take(reportedAtMs: number, streams: readonly ReportedStream[]): void {
    const out = new Uint8Array(70_000);
    const end = writeCongestionFeedback(out, 0, 1, reportedAtMs, streams);
    if (!this.#reader.read(out, 0, end)) throw new Error('malformed');
    this.acknowledgements.takeByStream(this.#reader, this.#clock, this.sent, this.numbers);
    this.estimator.onAcknowledged(this.nowMs, this.acknowledgements);
  }
}

const received = (...beforeMs: readonly (number | undefined)[]) => {
  return beforeMs.map((arrivedBeforeMs) => (arrivedBeforeMs === undefined ? undefined : { arrivedBeforeMs }));
};

test('what the streams are reported to have received is put in the order in which it was sent', () => {
  const sender = new Sender();
  for (const [atMs, ssrc, sequence, sizeBytes] of [
    [0, PICTURE, 65_535, 1000],
    [10, SOUND, 3, 100],
    [20, PICTURE, 0, 1200],
  ] as const) {
    sender.nowMs = atMs;
    sender.send(ssrc, sequence, sizeBytes);
  }

  sender.take(64_000, [
    { ssrc: PICTURE, firstSequence: 65_535, packets: received(1000, 500) },
    { ssrc: SOUND, firstSequence: 3, packets: received(750) },
  ]);

  const { acknowledgements } = sender;
  expect(acknowledgements).toMatchObject({ count: 3, bytes: 2300, lost: 0, marked: 0 });
  expect([...acknowledgements.sentAtMs.subarray(0, 3)]).toEqual([0, 10, 20]);
  expect([...acknowledgements.arrivedAtMs.subarray(0, 3)]).toEqual([63_000, 63_250, 63_500]);
});

test('a packet is lost when a second report says that it has not arrived', () => {
  const sender = new Sender();
  for (let sequence = 0; sequence < 6; sequence++) sender.send(PICTURE, sequence);

  sender.take(64_000, [{ ssrc: PICTURE, firstSequence: 0, packets: received(0, undefined, 0) }]);
  const lostAtOnce = sender.acknowledgements.lost;
  sender.take(64_100, [{ ssrc: PICTURE, firstSequence: 3, packets: received(0, 0, 0) }]);

  expect([lostAtOnce, sender.acknowledgements.lost]).toEqual([0, 1]);
});

test('a packet that came so long ago that the report cannot say when counts as received, and for nothing else', () => {
  const sender = new Sender();
  sender.send(PICTURE, 0);
  sender.send(PICTURE, 1);

  sender.take(64_000, [{ ssrc: PICTURE, firstSequence: 0, packets: received(60_000, 0) }]);
  sender.take(64_100, [{ ssrc: PICTURE, firstSequence: 0, packets: received(undefined, 0) }]);

  expect(sender.acknowledgements).toMatchObject({ count: 0, lost: 0 });
  expect(sender.sent.bytesInFlight).toBe(0);
});

test('packets that were never sent, and streams that there are not, change nothing', () => {
  const sender = new Sender();
  sender.send(PICTURE, 5);

  sender.take(64_000, [
    { ssrc: PICTURE, firstSequence: 6, packets: received(0, 0, undefined) },
    { ssrc: 123, firstSequence: 5, packets: received(0) },
  ]);

  expect(sender.acknowledgements).toMatchObject({ count: 0, lost: 0, bytes: 0 });
  expect(sender.sent.bytesInFlight).toBe(1000);
});

test('arrivals go on where the time of the reports comes round', () => {
  const sender = new Sender();
  const arrivals: number[] = [];
  for (let sequence = 0; sequence < 3; sequence++) {
    sender.send(PICTURE, sequence);
    sender.take(CONGESTION_FEEDBACK_PERIOD_MS - 1000 + 1000 * sequence, [{ ssrc: PICTURE, firstSequence: sequence, packets: received(0) }]);
    arrivals.push(sender.acknowledgements.arrivedAtMs[0]);
  }

  expect(arrivals.map((atMs) => Math.round(atMs - arrivals[0]))).toEqual([0, 1000, 2000]);
});

const [NOT_CAPABLE, OTHER_CAPABLE, CAPABLE, MARKED] = [0, 1, 2, 3];

/** Sends a packet every 20 ms, which is reported at once, the last ones with the given ECN fields. */
function report(lastEcn: readonly number[], isEcnCapable = true): Sender & { readonly before: number } {
  const sender = Object.assign(new Sender(), { isEcnCapable, before: 0 });
  sender.estimator.onRtt(100);
  const ecn = [...new Array<number>(200).fill(CAPABLE), ...lastEcn];
  ecn.forEach((field, sequence) => {
    if (sequence === 200) sender.before = sender.estimator.targetBps;
    sender.nowMs += 20;
    sender.send(PICTURE, sequence);
    sender.take(64_000 + sender.nowMs, [{ ssrc: PICTURE, firstSequence: sequence, packets: [{ ecn: field, arrivedBeforeMs: 0 }] }]);
  });
  return sender;
}

test('a mark of a router on the path lowers the estimate as a growing queue does', () => {
  const [marked, unmarked] = [report([MARKED]), report([CAPABLE])];

  expect(marked.estimator.isOverusing).toBe(true);
  expect(unmarked.estimator.isOverusing).toBe(false);
  expect(marked.acknowledgements).toMatchObject({ marked: 1, intact: 0, changed: 0 });
  expect(marked.estimator.targetBps / marked.before).toBeGreaterThan(0.8);
  expect(marked.estimator.targetBps / marked.before).toBeLessThan(0.88);
});

test('the marks on what was sent before the answer to the first one are not answered', () => {
  const sender = report([MARKED]);
  const answered = sender.estimator.targetBps;
  for (let sequence = 201; sequence < 210; sequence++) sender.send(PICTURE, sequence);
  sender.nowMs += 1;
  for (let sequence = 210; sequence < 220; sequence++) sender.send(PICTURE, sequence);
  const mark = (firstSequence: number) => {
    sender.nowMs += 100;
    const packets = new Array(5).fill({ ecn: MARKED, arrivedBeforeMs: 0 });
    sender.take(64_000 + sender.nowMs, [{ ssrc: PICTURE, firstSequence, packets }]);
    return sender.estimator.targetBps;
  };

  expect(mark(201)).toBe(answered);
  expect(mark(210)).toBeLessThan(0.95 * answered);
});

test('a mark on a packet that no router may mark is ignored', () => {
  const sender = report(new Array(20).fill(MARKED), false);

  expect(sender.acknowledgements).toMatchObject({ marked: 0, intact: 0, changed: 0 });
  expect(sender.estimator.isOverusing).toBe(false);
  expect(sender.estimator.targetBps).toBeGreaterThanOrEqual(sender.before);
});

test.each([NOT_CAPABLE, OTHER_CAPABLE])('a packet that arrives with the ECN field %i has been changed on the way', (ecn) => {
  expect(report([ecn]).acknowledgements).toMatchObject({ marked: 0, intact: 0, changed: 1 });
});

test('a peer that says that everything was marked brings its own estimate down to the least, and no further', () => {
  const sender = report(new Array(3000).fill(MARKED));

  expect(sender.before).toBeGreaterThan(400_000);
  expect(sender.estimator.targetBps).toBeGreaterThanOrEqual(30_000);
  expect(sender.estimator.targetBps).toBeLessThan(35_000);
});

const lie = fc.record({
  sentBefore: fc.constantFrom(0, 1, 20, 400),
  reportedAtMs: fc.constantFrom(0, 1000, 64_000, CONGESTION_FEEDBACK_PERIOD_MS - 1, CONGESTION_FEEDBACK_PERIOD_MS / 2),
  streams: fc.array(
    fc.record({
      ssrc: fc.constantFrom(PICTURE, SOUND, 123),
      firstSequence: fc.integer({ min: 0, max: 65_535 }),
      packets: fc.array(
        fc.option(fc.record({ ecn: fc.integer({ min: 0, max: 3 }), arrivedBeforeMs: fc.constantFrom(0, 1, 50, 4000, 60_000) }), {
          nil: undefined,
        }),
        { maxLength: 120 },
      ),
    }),
    { maxLength: 4 },
  ),
});

test('whatever a peer reports by stream, its estimate is a number between the least and the most there is', () => {
  fc.assert(
    fc.property(fc.array(lie, { maxLength: 40 }), (lies) => {
      const sender = new Sender();
      let sequence = 0;
      for (const { sentBefore, reportedAtMs, streams } of lies) {
        for (let index = 0; index < sentBefore; index++) {
          sender.nowMs++;
          sender.send(index % 2 === 0 ? PICTURE : SOUND, sequence++ & 0xffff);
        }
        // Half of the lies are about what was really sent.
        sender.take(
          reportedAtMs,
          streams.map((stream) =>
            stream.firstSequence % 2 === 0 ? stream : { ...stream, firstSequence: Math.max(0, sequence - 60) & 0xffff },
          ),
        );
        sender.estimator.process(sender.nowMs);
        const { targetBps, pacingBps, acknowledgedBps = 0 } = sender.estimator;
        if (!(targetBps >= 30_000 && targetBps <= 50_000_000)) throw new Error(`the estimate is ${targetBps}`);
        if (!Number.isFinite(pacingBps) || !(acknowledgedBps >= 0)) throw new Error(`the rates are ${pacingBps} and ${acknowledgedBps}`);
      }
    }),
    { seed: 14, numRuns: 100 },
  );
});
