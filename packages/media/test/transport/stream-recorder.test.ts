import { CongestionFeedbackReader, type Seq16 } from '@causeway/wire';
import { UNKNOWN_ECN } from '../../src/demux/path.ts';
import { StreamRecorder } from '../../src/transport/arrival-feedback.ts';

const SENDER = 1;

/** What the recorder reports: stream, sequence number and arrival, or `lost`. */
function reportAt(nowMs: number, recorder: StreamRecorder): { readonly said: readonly string[]; readonly sizeBytes: number } {
  const out = new Uint8Array(1500);
  const end = recorder.writeFeedback(nowMs, SENDER, out, 0);
  const reader = new CongestionFeedbackReader();
  if (end > 0 && !reader.read(out, 0, end)) throw new Error('malformed');
  const said = Array.from({ length: reader.count }, (_, index) => {
    const atMs = Math.round(reader.reportedAtMs - reader.arrivedBeforeMs(index));
    return `${reader.ssrcs[index]}/${reader.sequences[index]} ${reader.isReceived(index) ? atMs : 'lost'}`;
  });
  return { said, sizeBytes: end };
}

function record(recorder: StreamRecorder, ...arrivals: readonly (readonly [nowMs: number, ssrc: number, sequence: number])[]): void {
  for (const [nowMs, ssrc, sequence] of arrivals) recorder.record(nowMs, ssrc, sequence as Seq16, UNKNOWN_ECN);
}

test('each stream is reported on from where the last report ended, with what is missing', () => {
  const recorder = new StreamRecorder();
  record(recorder, [1000, 7, 65_534], [1010, 9, 3], [1020, 7, 0]);

  const first = reportAt(1100, recorder).said;
  record(recorder, [1120, 7, 2]);
  const second = reportAt(1200, recorder).said;

  expect(first).toEqual(['7/65534 1000', '7/65535 lost', '7/0 1020', '9/3 1010']);
  expect(second).toEqual(['7/1 lost', '7/2 1120']);
});

test('a packet that comes after it was reported lost is reported again, and a second copy is not', () => {
  const recorder = new StreamRecorder();
  record(recorder, [1000, 7, 5], [1001, 7, 7]);
  reportAt(1100, recorder);

  record(recorder, [1110, 7, 6], [1111, 7, 6], [1112, 7, 7]);

  expect(reportAt(1200, recorder).said).toEqual(['7/6 1110', '7/7 1001']);
  expect(reportAt(1300, recorder)).toEqual({ said: [], sizeBytes: 0 });
});

test('a report is due 100 ms after the first packet, or 50 ms after the last report if many wait', () => {
  const recorder = new StreamRecorder();
  expect(recorder.dueAt()).toBe(Number.POSITIVE_INFINITY);
  record(recorder, [1000, 7, 0]);
  expect(recorder.dueAt()).toBe(1100);
  reportAt(1100, recorder);
  expect(recorder.dueAt()).toBe(Number.POSITIVE_INFINITY);
  for (let sequence = 1; sequence <= 20; sequence++) record(recorder, [1110, 7, sequence]);

  expect(recorder.dueAt()).toBe(1150);
});

test('what does not fit into a datagram follows in the next report, at once', () => {
  const recorder = new StreamRecorder();
  for (let ssrc = 1; ssrc <= 3; ssrc++) for (let sequence = 0; sequence < 400; sequence++) record(recorder, [1000, ssrc, sequence]);

  const sizes: number[] = [];
  let reported = 0;
  while (recorder.dueAt() < Number.POSITIVE_INFINITY) {
    const { said, sizeBytes } = reportAt(1100, recorder);
    sizes.push(sizeBytes);
    reported += said.length;
  }

  expect(reported).toBe(1200);
  expect(sizes).toHaveLength(3);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1100);
});

test('a peer with more streams than anybody has, and numbers that jump, is reported on within bounds', () => {
  const recorder = new StreamRecorder();
  for (let ssrc = 0; ssrc < 5000; ssrc++) record(recorder, [1000, ssrc, (ssrc * 7919) & 0xffff]);
  for (let jump = 0; jump < 500; jump++) record(recorder, [1050, 3, (jump * 30_011) & 0xffff]);

  let reports = 0;
  while (recorder.dueAt() < Number.POSITIVE_INFINITY && reports < 100) {
    expect(reportAt(1100, recorder).sizeBytes).toBeLessThanOrEqual(1100);
    reports++;
  }

  expect(reports).toBeLessThan(10);
});

test('the ECN fields are reported as they were seen, and one that was not seen as the sender usually writes it', () => {
  const recorder = new StreamRecorder();
  const seen = [UNKNOWN_ECN, 0, 1, UNKNOWN_ECN, 3, UNKNOWN_ECN, 2, UNKNOWN_ECN];
  for (const [sequence, ecn] of seen.entries()) recorder.record(1000, 7, sequence as Seq16, ecn);

  const out = new Uint8Array(1500);
  const reader = new CongestionFeedbackReader();
  reader.read(out, 0, recorder.writeFeedback(1100, SENDER, out, 0));

  expect(seen.map((_, index) => reader.ecn(index))).toEqual([0, 0, 1, 1, 3, 1, 2, 2]);
});
