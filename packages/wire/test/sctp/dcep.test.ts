import { type DcepOpen, parseDcep, writeDcepAck, writeDcepOpen } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex } from '../bytes.ts';
import { datagram, SEEDED, uint16, uint32 } from '../seeded.ts';

const CHAT: DcepOpen = {
  label: 'chät',
  protocol: 'json',
  ordered: false,
  priority: 256,
  maxRetransmits: 3,
  maxPacketLifeTimeMs: undefined,
};

test('an OPEN contains everything that a channel was created with', () => {
  const message = writeDcepOpen(CHAT);

  expect(hex(message)).toBe(hex(bytes('03810100 00000003 0005 0004 6368c3a474 6a736f6e')));
  expect(parseDcep(message)).toEqual({ type: 'open', channel: CHAT });
});

test('every OPEN is read back as it was written', () => {
  const limit = fc.oneof(
    fc.record({ maxRetransmits: uint32, maxPacketLifeTimeMs: fc.constant(undefined) }),
    fc.record({ maxRetransmits: fc.constant(undefined), maxPacketLifeTimeMs: uint32 }),
    fc.record({ maxRetransmits: fc.constant(undefined), maxPacketLifeTimeMs: fc.constant(undefined) }),
  );
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  fc.assert(
    fc.property(text, text, fc.boolean(), uint16, limit, (label, protocol, ordered, priority, limits) => {
      const channel = { label: label.toWellFormed(), protocol: protocol.toWellFormed(), ordered, priority, ...limits };

      expect(parseDcep(writeDcepOpen(channel))).toEqual({ type: 'open', channel });
    }),
    SEEDED,
  );
});

test('an ACK is one byte', () => {
  expect(hex(writeDcepAck())).toBe('02');
  expect(parseDcep(writeDcepAck())).toEqual({ type: 'ack' });
});

test.each([
  ['nothing', ''],
  ['an ACK with a tail', '0200'],
  ['another message', '04000100 00000000 0000 0000'],
  ['less than a header', '03000100 00000000 0000 00'],
  ['an unknown kind of reliability', '03030100 00000000 0000 0000'],
  ['a label that runs past the end', '03000100 00000000 0002 0000 61'],
  ['a tail behind the protocol', '03000100 00000000 0001 0000 6162'],
  ['a label of 256 bytes', `03000100 00000000 0100 0000 ${'61'.repeat(256)}`],
  ['a protocol of 256 bytes', `03000100 00000000 0000 0100 ${'61'.repeat(256)}`],
])('%s is not a message', (_what, text) => {
  expect(parseDcep(bytes(text))).toBeUndefined();
});

test('arbitrary bytes are a message or none', () => {
  fc.assert(
    fc.property(datagram, (message) => {
      const parsed = parseDcep(message);

      if (parsed?.type === 'open') expect(writeDcepOpen(parsed.channel).length).toBeGreaterThanOrEqual(12);
    }),
    SEEDED,
  );
});
