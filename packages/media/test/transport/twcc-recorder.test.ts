import { parseRtcp, type Seq16, type TransportFeedback, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { TwccRecorder } from '../../src/transport/arrival-feedback.ts';

const SENDER_SSRC = 0x1111_1111;
const MEDIA_SSRC = 0x2222_2222;

/** What one feedback says: sequence number to arrival in ms, undefined where lost. */
type Reported = Map<number, number | undefined>;

function record(recorder: TwccRecorder, ...arrivals: readonly (readonly [atMs: number, seq: number])[]): void {
  for (const [atMs, seq] of arrivals) recorder.record(atMs, seq as Seq16);
}

function writeOne(recorder: TwccRecorder, nowMs: number): TransportFeedback | undefined {
  const out = new Uint8Array(1500);
  const end = recorder.writeFeedback(nowMs, SENDER_SSRC, MEDIA_SSRC, out, 8);
  if (end === 8) return undefined;
  return parse(out.subarray(8, end));
}

function parse(packet: Uint8Array): TransportFeedback {
  const messages = parseRtcp(packet, packet.length);
  if (messages?.length !== 1 || messages[0].type !== 'transport-feedback') throw new Error('not one feedback message');
  return messages[0];
}

function reportedBy(feedback: TransportFeedback): Reported {
  const reported: Reported = new Map();
  for (let offset = 0; offset < feedback.statusCount; offset++) reported.set(toSeq16(feedback.baseSequence + offset), undefined);
  let arrivalMs = feedback.referenceTimeMs;
  feedback.receivedOffsets.forEach((offset, index) => {
    arrivalMs += feedback.deltaTicks250us[index] / 4;
    reported.set(toSeq16(feedback.baseSequence + offset), arrivalMs);
  });
  return reported;
}

function report(recorder: TwccRecorder, nowMs: number): Record<number, number | undefined> {
  const feedback = writeOne(recorder, nowMs);
  return feedback === undefined ? {} : Object.fromEntries(reportedBy(feedback));
}

describe('TwccRecorder', () => {
  test('has nothing to report before the first packet', () => {
    const recorder = new TwccRecorder();

    expect(recorder.dueAt()).toBe(Number.POSITIVE_INFINITY);
    expect(report(recorder, 1000)).toEqual({});
  });

  test('reports when each packet arrived', () => {
    const recorder = new TwccRecorder();

    record(recorder, [1000, 10], [1004.25, 11], [1100.5, 12]);

    expect(report(recorder, 1101)).toEqual({ 10: 1000, 11: 1004.25, 12: 1100.5 });
  });

  test('reports lost packets as lost', () => {
    const recorder = new TwccRecorder();

    record(recorder, [1000, 10], [1010, 13], [1020, 14], [1030, 16]);

    expect(report(recorder, 1100)).toEqual({ 10: 1000, 11: undefined, 12: undefined, 13: 1010, 14: 1020, 15: undefined, 16: 1030 });
  });

  test('goes on where the last feedback ended, so that a loss between two is reported', () => {
    const recorder = new TwccRecorder();
    record(recorder, [1000, 10]);
    report(recorder, 1100);

    record(recorder, [1110, 13]);

    expect(report(recorder, 1200)).toEqual({ 11: undefined, 12: undefined, 13: 1110 });
  });

  test('reports everything once if all comes in order', () => {
    const recorder = new TwccRecorder();
    record(recorder, [1000, 10]);
    report(recorder, 1100);

    expect(report(recorder, 1200)).toEqual({});
    expect(recorder.dueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('reports a loss as a loss however long the transport has run', () => {
    const recorder = new TwccRecorder();
    for (let i = 0; i < 10_000; i++) {
      recorder.record(1000 + i, toSeq16(i));
      while (recorder.dueAt() <= 1000 + i) writeOne(recorder, 1000 + i);
    }
    report(recorder, 11_000);

    record(recorder, [11_001, 10_003]);

    expect(report(recorder, 11_100)).toEqual({ 10000: undefined, 10001: undefined, 10002: undefined, 10003: 11_001 });
  });

  test('takes back a loss when the packet turns up after all', () => {
    const recorder = new TwccRecorder();
    record(recorder, [1000, 10], [1001, 12]);
    report(recorder, 1100);

    record(recorder, [1105, 11]);

    expect(report(recorder, 1200)).toEqual({ 11: 1105, 12: 1001 });
  });

  test('reports reordered packets of one interval with arrivals that go back in time', () => {
    const recorder = new TwccRecorder();

    record(recorder, [1000, 10], [1030, 12], [1031, 13], [1035, 11]);

    expect(report(recorder, 1100)).toEqual({ 10: 1000, 11: 1035, 12: 1030, 13: 1031 });
  });

  test('takes the first arrival of copies', () => {
    const recorder = new TwccRecorder();

    record(recorder, [1000, 10], [1001, 10], [1002, 11]);

    expect(report(recorder, 1100)).toEqual({ 10: 1000, 11: 1002 });
  });

  test('ignores a packet that comes hopelessly late', () => {
    const recorder = new TwccRecorder();
    record(recorder, [1000, 2000]);
    report(recorder, 1100);

    record(recorder, [1110, 1000]);

    expect(recorder.dueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('reports across the wrap', () => {
    const recorder = new TwccRecorder();

    record(recorder, [1000, 65534], [1001, 65535], [1002, 1], [1003, 2]);

    expect(report(recorder, 1100)).toEqual({ 65534: 1000, 65535: 1001, 0: undefined, 1: 1002, 2: 1003 });
  });

  test('does not report thousands of losses for a sender that starts over', () => {
    const recorder = new TwccRecorder();
    record(recorder, [1000, 10]);
    report(recorder, 1100);

    record(recorder, [1110, 20_000], [1111, 20_001]);

    expect(report(recorder, 1200)).toEqual({ 20000: 1110, 20001: 1111 });
  });

  test('reports the latest packets if nobody asked for feedback in a long time', () => {
    const recorder = new TwccRecorder();
    for (let i = 0; i < 5000; i++) recorder.record(1000 + i * 0.25, toSeq16(i));

    const feedbacks: TransportFeedback[] = [];
    while (recorder.dueAt() <= 3000) {
      const feedback = writeOne(recorder, 3000);
      if (feedback) feedbacks.push(feedback);
    }

    expect(feedbacks[0].baseSequence).toBe(5000 - 2048);
    expect(feedbacks.reduce((sum, { receivedOffsets }) => sum + receivedOffsets.length, 0)).toBe(2048);
  });

  test('writes the SSRCs, and counts feedback modulo 256', () => {
    const recorder = new TwccRecorder();
    const counts: number[] = [];
    for (let i = 0; i < 258; i++) {
      record(recorder, [1000 + i, i]);
      const feedback = writeOne(recorder, 1000 + i);
      expect(feedback).toMatchObject({ senderSsrc: SENDER_SSRC, mediaSsrc: MEDIA_SSRC });
      counts.push(feedback?.feedbackCount ?? -1);
    }

    expect(counts.slice(0, 2)).toEqual([0, 1]);
    expect(counts.slice(255)).toEqual([255, 0, 1]);
  });

  test('splits what does not fit one packet, the rest being due at once', () => {
    const recorder = new TwccRecorder();
    // Deltas of 100 ms take two bytes each.
    for (let i = 0; i < 1000; i++) recorder.record(1000 + i * 100, toSeq16(i));

    const sizes: number[] = [];
    const seen: Reported = new Map();
    while (recorder.dueAt() <= 101_000) {
      const out = new Uint8Array(1500);
      const end = recorder.writeFeedback(101_000, SENDER_SSRC, MEDIA_SSRC, out, 0);
      sizes.push(end);
      for (const [seq, atMs] of reportedBy(parse(out.subarray(0, end)))) seen.set(seq, atMs);
    }

    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1100);
    expect(seen.size).toBe(1000);
    expect(seen.get(999)).toBe(1000 + 99_900);
  });

  describe('interval', () => {
    test('reports a thin stream after 100 ms', () => {
      const recorder = new TwccRecorder();

      record(recorder, [1000, 1], [1020, 2]);

      expect(recorder.dueAt()).toBe(1100);
    });

    test('reports sooner when many packets wait', () => {
      const recorder = new TwccRecorder();
      record(recorder, [1000, 0]);
      report(recorder, 1000);

      for (let i = 1; i <= 19; i++) record(recorder, [1000 + i, i]);
      expect(recorder.dueAt()).toBe(1101);

      record(recorder, [1020, 20]);
      expect(recorder.dueAt()).toBe(1050);
    });

    test.each([
      [20, 10],
      [100, 10],
      [250, 13],
      [1000, 20],
      [5000, 20],
    ])('%d packets a second cause about %d reports a second', (packetsPerSecond, reportsPerSecond) => {
      const recorder = new TwccRecorder();
      let reports = 0;
      for (let i = 0; i < packetsPerSecond * 10; i++) {
        const nowMs = (i * 1000) / packetsPerSecond;
        while (recorder.dueAt() <= nowMs) if (writeOne(recorder, recorder.dueAt())) reports++;
        recorder.record(nowMs, toSeq16(i));
      }

      expect(reports / 10).toBeGreaterThan(reportsPerSecond * 0.6);
      expect(reports / 10).toBeLessThanOrEqual(reportsPerSecond);
    });
  });

  test('tells the truth of every packet, whatever the losses, the order and the copies', () => {
    const step = fc.record({
      advance: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: -10, max: 4 }) }, { weight: 1, arbitrary: fc.nat(400) }),
      elapsedMs: fc.oneof({ weight: 20, arbitrary: fc.double({ min: 0, max: 10, noNaN: true }) }, { weight: 1, arbitrary: fc.nat(30_000) }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), fc.nat(65_535), (steps, first) => {
        const recorder = new TwccRecorder();
        const arrivedAtMs = new Map<number, number>();
        const lastSaid: Reported = new Map();
        let nowMs = 5000;
        let highest = first;
        const reportUntil = (untilMs: number) => {
          while (recorder.dueAt() <= untilMs) {
            const feedback = writeOne(recorder, recorder.dueAt());
            if (feedback) for (const [seq, atMs] of reportedBy(feedback)) lastSaid.set(seq, atMs);
          }
        };
        for (const { advance, elapsedMs } of steps) {
          nowMs += elapsedMs;
          reportUntil(nowMs);
          const seq = highest + advance;
          if (seq < first) continue;
          recorder.record(nowMs, toSeq16(seq));
          if (!arrivedAtMs.has(seq)) arrivedAtMs.set(seq, nowMs);
          highest = Math.max(highest, seq);
        }
        reportUntil(Number.MAX_VALUE);
        for (let seq = Math.max(highest - 500, Math.min(...arrivedAtMs.keys())); seq <= highest; seq++) {
          const said = lastSaid.get(toSeq16(seq));
          const arrivalMs = arrivedAtMs.get(seq);
          if (arrivalMs === undefined) expect(said).toBeUndefined();
          else expect(Math.abs((said ?? Number.NaN) - arrivalMs)).toBeLessThanOrEqual(0.125 + 1e-6);
        }
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});
