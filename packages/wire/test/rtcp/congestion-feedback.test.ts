import { CongestionFeedbackReader, parseRtcp, type ReportedPacket, type ReportedStream, writeCongestionFeedback } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex, written } from '../bytes.ts';
import { SEEDED, uint16, uint32 } from '../seeded.ts';

/** Two streams: of three packets the middle one is lost, and one packet that came with a mark of congestion. */
const TWO_STREAMS = bytes(`
  8bcd 0009 00000001
  0000aaaa fffe 0003 a400 0000 a200 0000
  0000bbbb 0007 0001 fffe 0000
  00030000`);

function entriesOf(reader: CongestionFeedbackReader) {
  return Array.from({ length: reader.count }, (_, index) => ({
    ssrc: reader.ssrcs[index],
    sequence: reader.sequences[index],
    isReceived: reader.isReceived(index),
    ecn: reader.ecn(index),
    arrivedBeforeMs: reader.arrivedBeforeMs(index),
  }));
}

function read(packet: Uint8Array): CongestionFeedbackReader | undefined {
  const reader = new CongestionFeedbackReader();
  return reader.read(packet, 0, packet.length) ? reader : undefined;
}

test('the fields are where the RFC puts them', () => {
  const reader = read(TWO_STREAMS) as CongestionFeedbackReader;

  expect([reader.senderSsrc, reader.reportedAtMs]).toEqual([1, 3000]);
  expect(entriesOf(reader)).toEqual([
    { ssrc: 0xaaaa, sequence: 65_534, isReceived: true, ecn: 1, arrivedBeforeMs: 1000 },
    { ssrc: 0xaaaa, sequence: 65_535, isReceived: false, ecn: 0, arrivedBeforeMs: 0 },
    { ssrc: 0xaaaa, sequence: 0, isReceived: true, ecn: 1, arrivedBeforeMs: 500 },
    { ssrc: 0xbbbb, sequence: 7, isReceived: true, ecn: 3, arrivedBeforeMs: Number.NaN },
  ]);
});

test('a report is written as it is read', () => {
  const packet = written((out, offset) =>
    writeCongestionFeedback(out, offset, 1, 3000, [
      { ssrc: 0xaaaa, firstSequence: 65_534, packets: [{ ecn: 1, arrivedBeforeMs: 1000 }, undefined, { ecn: 1, arrivedBeforeMs: 500 }] },
      { ssrc: 0xbbbb, firstSequence: 7, packets: [{ ecn: 3, arrivedBeforeMs: 60_000 }] },
    ]),
  );

  expect(hex(packet)).toBe(hex(TWO_STREAMS));
});

test('a compound packet hands the report to its taker, and is malformed if the report is', () => {
  const taken: number[] = [];
  const taker = (isTaken: boolean) => ({
    takeTransportFeedback: () => false,
    takeCongestionFeedback: (_: Uint8Array, offset: number, end: number) => {
      taken.push(offset, end);
      return isTaken;
    },
  });

  expect(parseRtcp(TWO_STREAMS, TWO_STREAMS.length, taker(true))).toEqual([]);
  expect(parseRtcp(TWO_STREAMS, TWO_STREAMS.length, taker(false))).toBeUndefined();
  expect(parseRtcp(TWO_STREAMS, TWO_STREAMS.length)).toEqual([]);
  expect(taken).toEqual([0, TWO_STREAMS.length, 0, TWO_STREAMS.length]);
});

test.each([
  ['there is no timestamp', '8bcd 0001 00000001'],
  ['a stream has no number of packets', '8bcd 0003 00000001 0000aaaa 00030000'],
  ['packets extend past the end', '8bcd 0004 00000001 0000aaaa 0000 0001 00030000'],
  ['a stream claims 65,535 packets', '8bcd 0005 00000001 0000aaaa 0000 ffff a400 a400 00030000'],
])('does not read a report in which %s', (_, packet) => {
  expect(read(bytes(packet))).toBeUndefined();
});

test('a report on nothing is read', () => {
  expect(read(bytes('8bcd 0002 00000001 00030000'))?.count).toBe(0);
});

test('any bytes are read without throwing, and never list more packets than there are pairs of bytes', () => {
  const reader = new CongestionFeedbackReader();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (packet) => {
      if (reader.read(packet, 0, packet.length)) expect(reader.count).toBeLessThanOrEqual(packet.length / 2);
    }),
    SEEDED,
  );
});

const packet = fc.option(fc.record({ ecn: fc.integer({ min: 0, max: 3 }), arrivedBeforeMs: fc.integer({ min: 0, max: 7000 }) }), {
  nil: undefined,
});
const stream = fc.record({ ssrc: uint32, firstSequence: uint16, packets: fc.array(packet, { maxLength: 40 }) });

test('every report that is written is read as it was meant', () => {
  fc.assert(
    fc.property(fc.array(stream, { maxLength: 5 }), (streams: readonly ReportedStream[]) => {
      const reader = read(written((out, offset) => writeCongestionFeedback(out, offset, 1, 3000, streams)));

      const said = streams.flatMap(({ ssrc, firstSequence, packets }) =>
        packets.map((each: ReportedPacket | undefined, index) => [
          ssrc,
          (firstSequence + index) & 0xffff,
          each?.ecn ?? 0,
          each !== undefined,
        ]),
      );
      expect(
        entriesOf(reader as CongestionFeedbackReader).map((entry) => [entry.ssrc, entry.sequence, entry.ecn, entry.isReceived]),
      ).toEqual(said);
    }),
    SEEDED,
  );
});
