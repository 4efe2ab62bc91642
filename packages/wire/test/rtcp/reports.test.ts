import { parseRtcp, type ReportBlock, writeReceiverReport, writeSenderReport } from '@causeway/wire';
import { bytes, hex, written } from '../bytes.ts';

const BLOCK: ReportBlock = {
  ssrc: 0x11223344,
  fractionLost: 0x40,
  cumulativeLost: 5,
  extendedHighestSeq: 0x0001fffe,
  jitterTicks: 300,
  lastSenderReport: 0xb7052000,
  delaySinceLastSenderReport: 0x00054000,
};
const BLOCK_HEX = '11223344 40 000005 0001fffe 0000012c b7052000 00054000';

const SENDER_REPORT = {
  senderSsrc: 0xdeadbeef,
  ntpSeconds: 0xe7a1b2c3,
  ntpFraction: 0x80000000,
  rtpTimestamp: 0x00010203,
  packetCount: 1_000,
  octetCount: 1_200_000,
  reports: [BLOCK],
};
const SENDER_REPORT_HEX = `81 c8 000c deadbeef e7a1b2c3 80000000 00010203 000003e8 00124f80 ${BLOCK_HEX}`;

test('a sender report is written as RFC 3550 §6.4.1 draws it, and read back', () => {
  const packet = written((out, offset) => writeSenderReport(out, offset, SENDER_REPORT));

  expect(hex(packet)).toBe(hex(bytes(SENDER_REPORT_HEX)));
  expect(parseRtcp(packet, packet.length)).toEqual([{ type: 'sender-report', ...SENDER_REPORT }]);
});

test('a receiver report is written as RFC 3550 §6.4.2 draws it, and read back', () => {
  const report = { senderSsrc: 1, reports: [BLOCK, { ...BLOCK, ssrc: 2 }] };

  const packet = written((out, offset) => writeReceiverReport(out, offset, report));

  const second = BLOCK_HEX.replace('11223344', '00000002');
  expect(hex(packet)).toBe(hex(bytes(`82 c9 000d 00000001 ${BLOCK_HEX} ${second}`)));
  expect(parseRtcp(packet, packet.length)).toEqual([{ type: 'receiver-report', ...report }]);
});

test('an empty receiver report has eight bytes', () => {
  const packet = written((out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports: [] }));

  expect(hex(packet)).toBe('80c9000100000001');
});

test.each([
  [-1, 'ffffff', -1],
  [0x7fffff, '7fffff', 0x7fffff],
  [0x800000, '7fffff', 0x7fffff],
  [-0x800000, '800000', -0x800000],
  [-0x900000, '800000', -0x800000],
])('%i lost in all is written %s', (cumulativeLost, field, readBack) => {
  const report = { senderSsrc: 1, reports: [{ ...BLOCK, cumulativeLost }] };

  const packet = written((out, offset) => writeReceiverReport(out, offset, report));

  expect(hex(packet.subarray(13, 16))).toBe(field);
  expect(parseRtcp(packet, packet.length)).toMatchObject([{ reports: [{ cumulativeLost: readBack }] }]);
});

test('no more than 31 blocks are written, as no more can be counted', () => {
  const reports = new Array<ReportBlock>(40).fill(BLOCK);

  const packet = written((out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports }));

  expect(packet).toHaveLength(8 + 31 * 24);
  expect(packet[0]).toBe(0x9f);
});

test('what follows the report blocks is a profile extension, and passed over', () => {
  const packet = bytes('80 c9 0003 00000001 aabbccdd eeff0011');

  expect(parseRtcp(packet, packet.length)).toEqual([{ type: 'receiver-report', senderSsrc: 1, reports: [] }]);
});

test.each([
  ['sender report without its fixed part', '80 c8 0001 deadbeef'],
  ['sender report with fewer blocks than counted', '81 c8 0006 deadbeef e7a1b2c3 80000000 00010203 000003e8 00124f80'],
  ['receiver report without sender', '80 c9 0000'],
  ['receiver report with half a block', '81 c9 0004 00000001 11223344 40000005 0001fffe'],
])('refuses a %s', (_, packet) => {
  expect(parseRtcp(bytes(packet), bytes(packet).length)).toBeUndefined();
});
