/** A peer that says anything at all of what it received: the estimate stays a number within its bounds, and nothing throws. */
import { type ExtendedSeq, TransportFeedbackReader, toSeq16, writeTransportFeedback } from '@causeway/wire';
import fc from 'fast-check';
import { Acknowledgements, ArrivalClock } from '../../src/congestion/acknowledgements.ts';
import { BandwidthEstimator } from '../../src/congestion/bandwidth-estimator.ts';
import { SentPackets } from '../../src/congestion/sent-packets.ts';

const LEAST_BPS = 30_000;
const MOST_BPS = 50_000_000;

/** Sends a packet each millisecond, and takes reports. */
class Victim {
  readonly sent = new SentPackets(() => 0.5);
  readonly estimator = new BandwidthEstimator(() => 0.5);
  readonly #reader = new TransportFeedbackReader();
  readonly #acknowledgements = new Acknowledgements();
  readonly #clock = new ArrivalClock();
  nowMs = 0;
  refused = 0;

  send(packets: number): void {
    for (let index = 0; index < packets; index++) this.sent.take(this.nowMs++, 1_000, index % 9 === 0 ? 1 : 0);
    this.estimator.onSent(this.nowMs, this.sent.bytesSent);
    this.estimator.process(this.nowMs);
    this.estimator.takeProbe(this.nowMs);
  }

  take(feedback: { base: number; count: number; referenceTimeMs: number; offsets: readonly number[]; deltas: readonly number[] }): void {
    const out = new Uint8Array(70_000);
    const end = writeTransportFeedback(out, 0, {
      senderSsrc: 1,
      mediaSsrc: 2,
      feedbackCount: 0,
      baseSequence: toSeq16((this.sent.newest + feedback.base) as ExtendedSeq),
      statusCount: feedback.count,
      referenceTimeMs: feedback.referenceTimeMs,
      receivedOffsets: Uint16Array.from(feedback.offsets),
      deltaTicks250us: Int16Array.from(feedback.deltas),
    });
    if (!this.#reader.read(out, 0, end)) throw new Error('the attack is malformed');
    if (this.#acknowledgements.take(this.#reader, this.#clock, this.sent))
      this.estimator.onAcknowledged(this.nowMs, this.#acknowledgements);
    else this.refused++;
  }

  get isSound(): boolean {
    const { targetBps, pacingBps, acknowledgedBps = 0 } = this.estimator;
    const isWithin = targetBps >= LEAST_BPS && targetBps <= MOST_BPS;
    return isWithin && Number.isFinite(pacingBps) && Number.isFinite(acknowledgedBps) && acknowledgedBps >= 0;
  }
}

const lie = fc
  .record({
    base: fc.integer({ min: -33_000, max: 20 }),
    gaps: fc.array(fc.constantFrom(0, 0, 0, 1, 40), { minLength: 1, maxLength: 120 }),
    deltas: fc.array(fc.constantFrom(0, 1, 4, 40, 255, -4, -400, 32_767, -32_768), { minLength: 120, maxLength: 120 }),
    referenceTimeMs: fc.constantFrom(0, 64, 640, 64_000, -64 * 2 ** 23, 64 * (2 ** 23 - 1)),
    beyond: fc.constantFrom(0, 0, 10, 60_000),
    sentBefore: fc.constantFrom(0, 1, 20, 400),
  })
  .map(({ base, gaps, deltas, referenceTimeMs, beyond, sentBefore }) => {
    let next = 0;
    const offsets = gaps.map((gap) => {
      const offset = next + gap;
      next = offset + 1;
      return offset;
    });
    return { sentBefore, base, count: Math.min(next + beyond, 65_535), referenceTimeMs, offsets, deltas: deltas.slice(0, offsets.length) };
  });

test('whatever a peer reports, its estimate is a number between the least and the most there is', () => {
  fc.assert(
    fc.property(fc.array(lie, { maxLength: 60 }), (lies) => {
      const victim = new Victim();
      for (const { sentBefore, ...report } of lies) {
        victim.send(sentBefore);
        victim.take(report);
        if (!victim.isSound) throw new Error(`the estimate is ${victim.estimator.targetBps}`);
      }
    }),
    { seed: 14, numRuns: 200 },
  );
});

test('one who acknowledges everything before it can have come, to be sent more, is found out', () => {
  const victim = new Victim();
  let arrivalTicks = 0;
  for (let round = 0; round < 200; round++) {
    const before = victim.sent.newest;
    victim.send(50);
    const count = victim.sent.newest - before;
    arrivalTicks += 40;
    victim.take({
      base: 1 - count,
      count,
      referenceTimeMs: Math.floor(arrivalTicks / 4 / 64) * 64,
      offsets: Array.from({ length: count }, (_, index) => index),
      deltas: new Array(count).fill(1),
    });
  }

  // 10,000 packets, of whose numbers one in six hundred was left out.
  expect(victim.refused).toBeGreaterThan(10);
  expect(victim.isSound).toBe(true);
});

test('one whose clock runs backwards gains next to nothing by it', () => {
  const victim = new Victim();
  for (let round = 0; round < 300; round++) {
    victim.send(20);
    victim.take({ base: -18, count: 18, referenceTimeMs: 64_000 - 64 * round, offsets: [0, 5, 9], deltas: [0, -400, -400] });
  }

  expect(victim.isSound).toBe(true);
  expect(victim.estimator.targetBps).toBeLessThan(600_000);
});
