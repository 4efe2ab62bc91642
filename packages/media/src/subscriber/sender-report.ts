import { ntpFractionFromUnixMs, ntpSecondsFromUnixMs, type SenderReport } from '@causeway/wire';

/** Makes a sender report for one stream (RFC 3550 §6.4.1). @param rtpTimestamp the stream's RTP time at `wallClockMs` */
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
