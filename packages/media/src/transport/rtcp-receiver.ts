/**
 * Terminates RTCP. What a peer reports about its own streams goes to those streams, and what it reports about ours goes to its
 * subscriptions. RTCP is never forwarded as it arrived.
 */
import {
  compactNtp,
  ntpFractionFromUnixMs,
  ntpSecondsFromUnixMs,
  parseRtcp,
  type ReportBlock,
  type RtcpPacket,
  roundTripMs,
} from '@causeway/wire';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ReceiveDemux } from '../publisher/receive-demux.ts';
import type { SubscriberTrack } from '../subscriber/subscriber-track.ts';
import type { PeerSender } from './peer-sender.ts';

/** A round-trip time longer than this is due to a broken clock. */
const MAX_RTT_MS = 10_000;

/** The transport whose peer has sent RTCP. */
export interface ReceivingTransport {
  readonly context: Pick<EngineContext, 'drops' | 'wallClockOffsetMs'>;
  readonly isLink: boolean;
  readonly receive: Pick<ReceiveDemux, 'streamOf'>;
  readonly subscriptions: ReadonlyMap<number, SubscriberTrack>;
  readonly sender: PeerSender;
  noteRtt(rttMs: number): void;
}

export function handleRtcp(nowMs: number, transport: ReceivingTransport, packet: Uint8Array, length: number): void {
  const messages = parseRtcp(packet, length, transport.sender.takerAt(nowMs));
  if (messages === undefined) {
    transport.context.drops.increment(DropReason.RtcpMalformed);
    return;
  }
  for (const message of messages) handleMessage(nowMs, transport, message);
}

function handleMessage(nowMs: number, transport: ReceivingTransport, message: RtcpPacket): void {
  switch (message.type) {
    case 'sender-report': {
      const stream = transport.receive.streamOf(message.senderSsrc);
      // GStreamer also sends reports for its retransmission stream, which has counts of its own and timestamps that may be old.
      if (stream?.ssrc === message.senderSsrc) stream.handleSenderReport(nowMs, message);
      handleReports(nowMs, transport, message.reports);
      return;
    }
    case 'receiver-report':
      handleReports(nowMs, transport, message.reports);
      return;
    case 'nack':
      transport.subscriptions.get(message.mediaSsrc)?.handleNack(nowMs, message.lost);
      return;
    case 'pli':
      transport.subscriptions.get(message.mediaSsrc)?.handlePictureLoss(nowMs);
      return;
    case 'fir':
      for (const { ssrc } of message.entries) transport.subscriptions.get(ssrc)?.handlePictureLoss(nowMs);
      return;
    case 'remb':
      transport.sender.handleRemb(nowMs, message.bitrateBps);
      return;
    case 'bye':
      // A client's source may return under the same SSRC after its goodbye, and its silence is noticed anyway. A node says goodbye for a
      // layer that the link no longer carries, so that subscribers do not wait for it.
      if (transport.isLink) for (const ssrc of message.ssrcs) handleGoodbye(nowMs, transport, ssrc);
      return;
    case 'sdes':
    // Handled while the packet was parsed.
    case 'transport-feedback':
      return;
  }
}

function handleGoodbye(nowMs: number, transport: ReceivingTransport, ssrc: number): void {
  const stream = transport.receive.streamOf(ssrc);
  if (stream?.handleGoodbye(nowMs) !== true) transport.context.drops.increment(DropReason.GoodbyeForUnknown);
}

function handleReports(nowMs: number, transport: ReceivingTransport, reports: readonly ReportBlock[]): void {
  const wallClockMs = nowMs + transport.context.wallClockOffsetMs;
  const nowCompact = compactNtp(ntpSecondsFromUnixMs(wallClockMs), ntpFractionFromUnixMs(wallClockMs));
  for (const report of reports) {
    const subscription = transport.subscriptions.get(report.ssrc);
    if (subscription === undefined) continue;
    const rttMs = roundTripMs(nowCompact, report.lastSenderReport, report.delaySinceLastSenderReport);
    if (rttMs !== undefined && rttMs <= MAX_RTT_MS) transport.noteRtt(rttMs);
    subscription.handleReport(nowMs, report);
  }
}
