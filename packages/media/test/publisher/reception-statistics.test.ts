import { type ExtendedSeq, type SenderReport, SequenceUnwrapper, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { ReceptionStatistics } from '../../src/publisher/reception-statistics.ts';

const SSRC = 0x1234_5678;

function recordAll(statistics: ReceptionStatistics, ...seqs: number[]): void {
  for (const seq of seqs) statistics.record(seq * 20, seq as ExtendedSeq, seq * 160, 100);
}

function senderReport(ntpSeconds: number, ntpFraction: number): SenderReport {
  return { type: 'sender-report', senderSsrc: SSRC, ntpSeconds, ntpFraction, rtpTimestamp: 0, packetCount: 0, octetCount: 0, reports: [] };
}

describe('ReceptionStatistics', () => {
  test('reports nothing lost of an unbroken stream', () => {
    const statistics = new ReceptionStatistics(SSRC, 8000);

    recordAll(statistics, 10, 11, 12, 13);

    expect(statistics.reportBlock(1000)).toEqual({
      ssrc: SSRC,
      fractionLost: 0,
      cumulativeLost: 0,
      extendedHighestSeq: 13,
      jitterTicks: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    });
    expect(statistics.packetsReceived).toBe(4);
    expect(statistics.bytesReceived).toBe(400);
  });

  test('reports a stream that has not begun as nothing expected', () => {
    expect(new ReceptionStatistics(SSRC, 8000).reportBlock(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 0, extendedHighestSeq: 0 });
  });

  test('reports the fraction lost since the last report, and the total', () => {
    const statistics = new ReceptionStatistics(SSRC, 8000);

    recordAll(statistics, 1, 2, 4);
    const first = statistics.reportBlock(0);
    recordAll(statistics, 5, 6, 7, 8);
    const second = statistics.reportBlock(0);
    recordAll(statistics, 12);
    const third = statistics.reportBlock(0);

    expect([first, second, third].map(({ fractionLost }) => fractionLost)).toEqual([64, 0, 192]);
    expect([first, second, third].map(({ cumulativeLost }) => cumulativeLost)).toEqual([1, 1, 4]);
    expect(statistics.packetsLost).toBe(4);
  });

  test('does not count a reordered packet as lost', () => {
    const statistics = new ReceptionStatistics(SSRC, 8000);

    recordAll(statistics, 1, 3, 2, 4);

    expect(statistics.reportBlock(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 0 });
  });

  test('counts copies as the RFC has it: the total may go below zero, the fraction not', () => {
    const statistics = new ReceptionStatistics(SSRC, 8000);

    recordAll(statistics, 1, 2, 2, 2);

    expect(statistics.reportBlock(0)).toMatchObject({ fractionLost: 0, cumulativeLost: -2 });
  });

  test('carries the wraps of the sequence number in the highest one', () => {
    const statistics = new ReceptionStatistics(SSRC, 8000);
    const unwrapper = new SequenceUnwrapper();

    for (const raw of [65534, 65535, 0, 1]) statistics.record(0, unwrapper.unwrap(toSeq16(raw)), 0, 100);

    expect(statistics.reportBlock(0)).toMatchObject({ extendedHighestSeq: 0x1_0001, cumulativeLost: 0 });
  });

  test('keeps to 32 bits after 65,536 wraps', () => {
    const statistics = new ReceptionStatistics(SSRC, 8000);

    recordAll(statistics, 2 ** 32 + 5);

    expect(statistics.reportBlock(0).extendedHighestSeq).toBe(5);
  });

  test('echoes the last sender report and how long ago it came', () => {
    const statistics = new ReceptionStatistics(SSRC, 8000);
    recordAll(statistics, 1);

    // The example of RFC 3550 figure 2: a report of b44d:b705:2000:0000, 5.25 s before.
    statistics.recordSenderReport(1000, senderReport(0xb44d_b705, 0x2000_0000));

    expect(statistics.reportBlock(6250)).toMatchObject({ lastSenderReport: 0xb705_2000, delaySinceLastSenderReport: 0x0005_4000 });
  });

  describe('jitter', () => {
    test('is zero for packets as evenly spaced as they were sent', () => {
      const statistics = new ReceptionStatistics(SSRC, 48_000);

      for (let i = 0; i < 100; i++) statistics.record(i * 20, i as ExtendedSeq, i * 960, 100);

      expect(statistics.jitterTicks).toBe(0);
    });

    test('approaches the mean deviation', () => {
      const statistics = new ReceptionStatistics(SSRC, 48_000);

      // Every other packet is 5 ms late: each transit differs from the one before by 240 ticks.
      for (let i = 0; i < 500; i++) statistics.record(i * 20 + (i % 2) * 5, i as ExtendedSeq, i * 960, 100);

      expect(statistics.jitterTicks).toBeCloseTo(240, 3);
      expect(statistics.reportBlock(0).jitterTicks).toBeGreaterThanOrEqual(239);
    });

    test('takes one sixteenth of each deviation', () => {
      const statistics = new ReceptionStatistics(SSRC, 8000);

      statistics.record(0, 1 as ExtendedSeq, 0, 100);
      statistics.record(22, 2 as ExtendedSeq, 160, 100);

      expect(statistics.jitterTicks).toBe(16 / 16);
    });

    test("is not raised by the pacing of a video frame's packets", () => {
      const statistics = new ReceptionStatistics(SSRC, 90_000);

      for (let frame = 0; frame < 50; frame++) {
        for (let i = 0; i < 4; i++) statistics.record(frame * 40 + i * 3, (frame * 4 + i) as ExtendedSeq, frame * 3600, 1200);
      }

      expect(statistics.jitterTicks).toBe(0);
    });

    test('is not raised by reordering, nor by the wrap of the timestamp', () => {
      const statistics = new ReceptionStatistics(SSRC, 8000);
      const timestamp = (seq: number) => (0xffff_ff00 + seq * 160) >>> 0;

      for (const seq of [0, 1, 2, 4, 5, 3, 6, 7]) statistics.record(seq === 3 ? 100 : seq * 20, seq as ExtendedSeq, timestamp(seq), 100);

      expect(statistics.jitterTicks).toBe(0);
    });

    test('is not raised by a source that restarts its timestamps', () => {
      const statistics = new ReceptionStatistics(SSRC, 8000);
      recordAll(statistics, 1, 2, 3);

      statistics.record(80, 4 as ExtendedSeq, 3_000_000_000, 100);
      statistics.record(100, 5 as ExtendedSeq, 3_000_000_160, 100);

      expect(statistics.jitterTicks).toBe(0);
    });
  });

  test('meters the bitrate', () => {
    const statistics = new ReceptionStatistics(SSRC, 90_000);

    for (let i = 0; i < 500; i++) statistics.record(i * 4, i as ExtendedSeq, i * 360, 1250);

    expect(statistics.bitrateBps(2000)).toBeGreaterThan(2_450_000);
    expect(statistics.bitrateBps(2000)).toBeLessThan(2_550_000);
  });

  test('loses nothing between reports: what each expected adds up to the total', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.integer({ min: 1, max: 5 }), reports: fc.boolean() }), { maxLength: 200, size: 'max' }),
        (steps) => {
          const statistics = new ReceptionStatistics(SSRC, 8000);
          let seq = 65_500;
          let received = 0;
          let cumulativeLost = 0;
          statistics.record(0, seq as ExtendedSeq, 0, 1);
          received++;
          const first = seq;
          for (const { gap, reports } of steps) {
            seq += gap;
            statistics.record(0, seq as ExtendedSeq, 0, 1);
            received++;
            if (!reports) continue;
            const block = statistics.reportBlock(0);
            expect(block.cumulativeLost).toBe(seq - first + 1 - received);
            expect(block.fractionLost > 0).toBe(block.cumulativeLost > cumulativeLost);
            cumulativeLost = block.cumulativeLost;
          }
        },
      ),
      { seed: 6, numRuns: 200 },
    );
  });
});
