import { parseRtcp, writePli, writeReceiverReport, writeSdes } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, written } from '../bytes.ts';
import { POISONS, poisonedTail } from '../poison.ts';
import { datagram, SEEDED, uint32 } from '../seeded.ts';

const PLI = '81ce0002 00000001 00000002';
const EMPTY_REPORT = '80c90001 00000001';

function typesIn(hexBytes: string): string[] | undefined {
  const packet = bytes(hexBytes);
  return parseRtcp(packet, packet.length)?.map(({ type }) => type);
}

test('the messages of a compound packet come in their order', () => {
  const packet = written((out, offset) => {
    const report = writeReceiverReport(out, offset, { senderSsrc: 1, reports: [] });
    const description = writeSdes(out, report, { chunks: [{ ssrc: 1, cname: 'abc' }] });
    return writePli(out, description, { senderSsrc: 1, mediaSsrc: 2 });
  });

  expect(parseRtcp(packet, packet.length)?.map(({ type }) => type)).toEqual(['receiver-report', 'sdes', 'pli']);
});

test('a packet of reduced size needs no report in front', () => {
  expect(typesIn(PLI)).toEqual(['pli']);
});

test.each([
  ['an application-defined message', '80cc0002 00000001 6e616d65'],
  ['an extended report', '80cf0001 00000001'],
  ['transport feedback of another format', '83cd0002 00000001 00000002'],
  ['payload feedback of another format', '82ce0003 00000001 00000002 00000000'],
  ['an unassigned packet type', '80df0000'],
])('%s is passed over', (_, message) => {
  expect(typesIn(`${EMPTY_REPORT} ${message} ${PLI}`)).toEqual(['receiver-report', 'pli']);
});

test('padding may be on the last message, and on an earlier one as libwebrtc does it', () => {
  expect(typesIn(`${PLI} a0c90002 00000001 00000004`)).toEqual(['pli', 'receiver-report']);
  expect(typesIn(`a0c90002 00000001 00000004 ${PLI}`)).toEqual(['receiver-report', 'pli']);
});

test('padding is not content', () => {
  // The block that is counted would have room only if the padding were part of the message.
  expect(typesIn(`a1c90007 00000001 ${'00000000'.repeat(5)} 00000018`)).toBeUndefined();
});

test.each([
  ['nothing', ''],
  ['three bytes', '80c900'],
  ['version 1', '40c90001 00000001'],
  ['a length past the end', '80c90002 00000001'],
  ['half a header behind a good message', `${PLI} 80c9`],
  ['a bad message behind a good one', `${PLI} 80c8 0001 00000001`],
  ['padding count 0', 'a0c90001 00000000'],
  ['padding into the header', 'a0c90001 00000005'],
])('refuses %s', (_, packet) => {
  expect(typesIn(packet)).toBeUndefined();
});

test('refuses a length beyond the buffer', () => {
  expect(parseRtcp(bytes(PLI), 13)).toBeUndefined();
});

test('length, not the buffer, ends the packet', () => {
  const packet = bytes(`${PLI} ${PLI}`);

  expect(parseRtcp(packet, 12)).toHaveLength(1);
});

/** Bytes that look like RTCP: messages of known types with honest lengths and any content. */
const likelyRtcp = fc
  .array(
    fc.record({
      first: fc.integer({ min: 0x80, max: 0xbf }),
      packetType: fc.constantFrom(200, 201, 202, 203, 205, 206),
      content: fc.uint8Array({ maxLength: 80, size: 'max' }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((messages) => {
    const packet: number[] = [];
    for (const { first, packetType, content } of messages) {
      const words = content.length >> 2;
      packet.push(first, packetType, 0, words, ...content.subarray(0, words * 4));
    }
    return Uint8Array.from(packet);
  });

test.each([
  ['any bytes', datagram],
  ['bytes that look like RTCP', likelyRtcp],
])('%s are parsed or refused, and what lies behind them makes no difference', (_, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (packet) => {
      const [first, ...others] = POISONS.map((poison) => parseRtcp(poisonedTail(packet, poison), packet.length));
      for (const other of others) expect(other).toEqual(first);
    }),
    SEEDED,
  );
});

test('the parsed messages of any packet do not outgrow it', () => {
  let parsed = 0;
  fc.assert(
    fc.property(likelyRtcp, (packet) => {
      const messages = parseRtcp(packet, packet.length);
      if (messages === undefined) return;
      parsed++;
      for (const message of messages) {
        if (message.type === 'nack') expect(message.lost.length).toBeLessThanOrEqual((packet.length / 4) * 17);
        if (message.type === 'transport-feedback') expect(message.receivedOffsets.length).toBeLessThanOrEqual(packet.length);
        if (message.type === 'remb') expect(message.ssrcs.length * 4).toBeLessThanOrEqual(packet.length);
      }
    }),
    SEEDED,
  );
  expect(parsed).toBeGreaterThan(50);
});

test('messages are copies: the buffer may be reused', () => {
  const packet = bytes(PLI);
  const messages = parseRtcp(packet, packet.length);

  packet.fill(0);

  expect(messages).toEqual([{ type: 'pli', senderSsrc: 1, mediaSsrc: 2 }]);
});

test('any picture loss indication is read back', () => {
  fc.assert(
    fc.property(uint32, uint32, (senderSsrc, mediaSsrc) => {
      const packet = written((out, offset) => writePli(out, offset, { senderSsrc, mediaSsrc }));
      expect(parseRtcp(packet, packet.length)).toEqual([{ type: 'pli', senderSsrc, mediaSsrc }]);
    }),
    SEEDED,
  );
});
