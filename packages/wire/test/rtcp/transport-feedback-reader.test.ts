import { type ExtendedSeq, parseRtcp, TransportFeedbackReader, TransportFeedbackWriter, writePli } from '@causeway/wire';
import fc from 'fast-check';

/** One report on these arrivals, in milliseconds; packets without one are lost. */
function report(base: number, arrivalsMs: readonly (number | undefined)[]): Uint8Array {
  const writer = new TransportFeedbackWriter(1_200);
  writer.begin(base as ExtendedSeq, arrivalsMs.find((atMs) => atMs !== undefined) ?? 0);
  arrivalsMs.forEach((atMs, index) => {
    if (atMs !== undefined) writer.add((base + index) as ExtendedSeq, atMs);
  });
  const out = new Uint8Array(1_500);
  return out.slice(0, writer.write(out, 0, 7, 8, 9));
}

test('after a short report, a reader shows nothing of the long one before', () => {
  const reader = new TransportFeedbackReader();
  const long = report(
    100,
    Array.from({ length: 300 }, (_, index) => index),
  );
  const short = report(65_535, [64, undefined, 70]);

  const isLongRead = reader.read(long, 0, long.length);
  const { receivedCount } = reader;
  const isShortRead = reader.read(short, 0, short.length);

  expect([isLongRead, receivedCount, isShortRead]).toEqual([true, 300, true]);
  expect(reader).toMatchObject({
    baseSequence: 65_535,
    statusCount: 3,
    receivedCount: 2,
    referenceTimeMs: 64,
    senderSsrc: 7,
    mediaSsrc: 8,
  });
  expect([...reader.receivedOffsets.subarray(0, 2)]).toEqual([0, 2]);
  expect([...reader.deltaTicks250us.subarray(0, 2)]).toEqual([0, 24]);
});

test('a reader makes its columns once for reports of one size', () => {
  const reader = new TransportFeedbackReader();
  const packet = report(5, [1, 2, 3, undefined, 5]);

  reader.read(packet, 0, packet.length);
  const columns = [reader.receivedOffsets, reader.deltaTicks250us];
  for (let times = 0; times < 10; times++) reader.read(packet, 0, packet.length);

  expect(columns[0]).toBe(reader.receivedOffsets);
  expect(columns[1]).toBe(reader.deltaTicks250us);
});

test('a reader takes any bytes without throwing, and lists no more packets than there are bytes', () => {
  const reader = new TransportFeedbackReader();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), (bytes) => {
      const isRead = reader.read(bytes, 0, bytes.length);

      if (!isRead) return;
      expect(reader.receivedCount).toBeLessThanOrEqual(bytes.length);
      const offsets = [...reader.receivedOffsets.subarray(0, reader.receivedCount)];
      expect(offsets.every((offset, index) => offset < reader.statusCount && offset > (offsets[index - 1] ?? -1))).toBe(true);
    }),
    { seed: 4, numRuns: 5_000 },
  );
});

describe('a taker of transport-wide feedback', () => {
  function compound(): Uint8Array {
    const out = new Uint8Array(300);
    const feedback = report(5, [1, 2]);
    const end = writePli(out, 0, { senderSsrc: 1, mediaSsrc: 2 });
    out.set(feedback, end);
    return out.slice(0, writePli(out, end + feedback.length, { senderSsrc: 3, mediaSsrc: 4 }));
  }

  test('gets it where it stands, in place of a message in the list', () => {
    const reader = new TransportFeedbackReader();
    const packet = compound();

    const messages = parseRtcp(packet, packet.length, {
      takeTransportFeedback: (...place) => reader.read(...place),
      takeCongestionFeedback: () => false,
    });

    expect(messages?.map(({ type }) => type)).toEqual(['pli', 'pli']);
    expect(reader).toMatchObject({ baseSequence: 5, receivedCount: 2 });
  });

  test('has the whole packet refused when the feedback is malformed', () => {
    const packet = compound();

    expect(parseRtcp(packet, packet.length, { takeTransportFeedback: () => false, takeCongestionFeedback: () => true })).toBeUndefined();
  });
});
