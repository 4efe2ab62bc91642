import { ntpFractionFromUnixMs, ntpSecondsFromUnixMs, type SenderReport } from '@causeway/wire';

/** What a sender says of one stream (RFC 3550 §6.4.1). @param rtpTimestamp what its RTP clock shows at `wallClockMs` */
export function makeSenderReport(
  senderSsrc: number,
  wallClockMs: number,
  rtpTimestamp: number,
  { packetsSent, payloadBytesSent }: { readonly packetsSent: number; readonly payloadBytesSent: number },
): SenderReport {
  return {
    type: 'sender-report',
    senderSsrc,
    ntpSeconds: ntpSecondsFromUnixMs(wallClockMs),
    ntpFraction: ntpFractionFromUnixMs(wallClockMs),
    rtpTimestamp,
    packetCount: packetsSent >>> 0,
    octetCount: payloadBytesSent >>> 0,
    reports: [],
  };
}
