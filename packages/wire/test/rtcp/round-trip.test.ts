import {
  parseRtcp,
  type RtcpPacket,
  toSeq16,
  writeBye,
  writeFir,
  writeNack,
  writePli,
  writeReceiverReport,
  writeRemb,
  writeSdes,
  writeSenderReport,
  writeTransportFeedback,
} from '@causeway/wire';
import fc from 'fast-check';
import { SEEDED, uint8, uint16, uint32 } from '../seeded.ts';

function write(out: Uint8Array, offset: number, message: RtcpPacket): number {
  switch (message.type) {
    case 'sender-report':
      return writeSenderReport(out, offset, message);
    case 'receiver-report':
      return writeReceiverReport(out, offset, message);
    case 'sdes':
      return writeSdes(out, offset, message);
    case 'bye':
      return writeBye(out, offset, message);
    case 'nack':
      return writeNack(out, offset, message);
    case 'transport-feedback':
      return writeTransportFeedback(out, offset, message);
    case 'pli':
      return writePli(out, offset, message);
    case 'fir':
      return writeFir(out, offset, message);
    case 'remb':
      return writeRemb(out, offset, message);
  }
}

const reports = fc.array(
  fc.record({
    ssrc: uint32,
    fractionLost: uint8,
    cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
    extendedHighestSeq: uint32,
    jitterTicks: uint32,
    lastSenderReport: uint32,
    delaySinceLastSenderReport: uint32,
  }),
  { maxLength: 31, size: 'max' },
);
const feedback = { senderSsrc: uint32, mediaSsrc: uint32 };

const message: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    type: fc.constant('sender-report'),
    senderSsrc: uint32,
    ntpSeconds: uint32,
    ntpFraction: uint32,
    rtpTimestamp: uint32,
    packetCount: uint32,
    octetCount: uint32,
    reports,
  }),
  fc.record({ type: fc.constant('receiver-report'), senderSsrc: uint32, reports }),
  fc.record({
    type: fc.constant('sdes'),
    chunks: fc.array(fc.record({ ssrc: uint32, cname: fc.option(fc.string(), { nil: undefined }) }), { maxLength: 31, size: 'max' }),
  }),
  fc.record(
    { type: fc.constant('bye'), ssrcs: fc.array(uint32, { maxLength: 31, size: 'max' }), reason: fc.string() },
    { requiredKeys: ['type', 'ssrcs'] },
  ),
  fc.record({ type: fc.constant('nack'), ...feedback, lost: fc.tuple(uint16.map(toSeq16)) }),
  fc.record({
    type: fc.constant('transport-feedback'),
    ...feedback,
    baseSequence: uint16.map(toSeq16),
    statusCount: fc.integer({ min: 3, max: 65_535 }),
    feedbackCount: uint8,
    referenceTimeMs: fc.integer({ min: -0x800000, max: 0x7fffff }).map((units) => units * 64),
    receivedOffsets: fc.constant(Uint16Array.of(0, 2)),
    deltaTicks250us: fc.int16Array({ minLength: 2, maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('pli'), ...feedback }),
  fc.record({
    type: fc.constant('fir'),
    senderSsrc: uint32,
    entries: fc.array(fc.record({ ssrc: uint32, commandSequence: uint8 }), { minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    type: fc.constant('remb'),
    senderSsrc: uint32,
    bitrateBps: fc.integer({ min: 0, max: 2 ** 18 - 1 }),
    ssrcs: fc.array(uint32, { maxLength: 255, size: 'max' }),
  }),
);

test('any messages, written one after the other, are read back as they were', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (messages) => {
      const out = new Uint8Array(65_536);
      let end = 0;
      for (const one of messages) end = write(out, end, one);

      expect(parseRtcp(out, end)).toEqual(messages);
    }),
    SEEDED,
  );
});

test('a writer without room says so by the offset it returns, and writes nothing elsewhere', () => {
  fc.assert(
    fc.property(message, fc.nat(12), (one, room) => {
      const whole = new Uint8Array(16_384);
      const length = write(whole, 0, one);
      const around = new Uint8Array(64).fill(0xee);
      const out = around.subarray(16, 16 + Math.min(room, length));

      expect(write(out, 0, one)).toBe(length);
      expect([...around.subarray(0, 16), ...around.subarray(16 + out.length)]).toEqual(new Array(64 - out.length).fill(0xee));
    }),
    SEEDED,
  );
});
