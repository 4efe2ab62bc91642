import { parseRtcp, RtpExtensionWriter, writeRtpHeader, writeUint16 } from '@causeway/wire';
import { FeedbackReporter } from '../src/peer/feedback-reporter.ts';
import type { RtcpChannel } from '../src/peer/rtcp-channel.ts';

const EXTENSION_ID = 6;

/** A packet whose payload the reporter cannot read, like an encrypted one. */
function numbered(number: number): Uint8Array {
  const out = new Uint8Array(100).fill(0xa5);
  writeRtpHeader(out, 0, false, 96, number, 0, 77);
  const extensions = new RtpExtensionWriter();
  extensions.begin(out, 0);
  writeUint16(out, extensions.reserve(EXTENSION_ID, 2), number);
  extensions.end();
  return out;
}

test('reports all arrivals in one packet, in order, including gaps', () => {
  jest.useFakeTimers();
  const sent: Uint8Array[] = [];
  const channel: Pick<RtcpChannel, 'send'> = { send: (packet) => sent.push(packet.slice()) };
  const reporter = new FeedbackReporter(channel, EXTENSION_ID);

  for (const number of [65_534, 65_535, 2, 1]) reporter.note(numbered(number));
  jest.advanceTimersByTime(250);
  reporter.close();
  jest.useRealTimers();

  const messages = sent.flatMap((packet) => parseRtcp(packet, packet.length) ?? []);
  expect(messages).toMatchObject([{ type: 'transport-feedback', mediaSsrc: 77, baseSequence: 65_534, statusCount: 5 }]);
  expect(messages[0]).toMatchObject({ receivedOffsets: Uint16Array.of(0, 1, 3, 4) });
});
