/**
 * Splits a decrypted RTCP packet, compound or reduced-size, into its messages.
 *
 * @see RFC 3550 §6.1 and appendix A.2, RFC 5506
 */
import { type Bye, parseBye } from './bye.ts';
import { CONGESTION_FEEDBACK_FORMAT } from './congestion-feedback.ts';
import { FIR_FORMAT, type Fir, PLI_FORMAT, type Pli, parseFir, parsePli } from './keyframe-requests.ts';
import { NACK_FORMAT, type Nack, parseNack } from './nack.ts';
import { APPLICATION_LAYER_FEEDBACK_FORMAT, isRemb, parseRemb, type Remb } from './remb.ts';
import { parseReceiverReport, parseSenderReport, type ReceiverReport, type SenderReport } from './reports.ts';
import {
  RTCP_BYE,
  RTCP_HEADER_LENGTH,
  RTCP_PAYLOAD_FEEDBACK,
  RTCP_RECEIVER_REPORT,
  RTCP_SDES,
  RTCP_SENDER_REPORT,
  RTCP_TRANSPORT_FEEDBACK,
  rtcpPacketEnd,
} from './rtcp-header.ts';
import { parseSdes, type Sdes } from './sdes.ts';
import { parseTransportFeedback, TRANSPORT_FEEDBACK_FORMAT, type TransportFeedback } from './transport-feedback.ts';

const PADDING_BIT = 0x20;

/** Any RTCP message that this package reads. */
export type RtcpPacket = SenderReport | ReceiverReport | Sdes | Bye | Nack | TransportFeedback | Pli | Fir | Remb;

/** `null` marks a well-formed message of a kind that is not used, which is skipped. */
type Parsed = RtcpPacket | null | undefined;

/** Reads feedback on everything that was sent directly from the packet, so that no message object is created for it. */
export interface TransportFeedbackTaker {
  /** The same as `takeTransportFeedback`, for a per-stream report (RFC 8888). */
  takeCongestionFeedback(bytes: Uint8Array, offset: number, end: number): boolean;
  /**
   * @param offset where the feedback starts in `bytes`
   * @param end where it ends, without padding
   * @returns false if it is malformed, and the packet with it
   */
  takeTransportFeedback(bytes: Uint8Array, offset: number, end: number): boolean;
}

/**
 * Returns the messages of an RTCP packet in order. Kinds and feedback formats that Causeway does not use (XR, APP, SLI,
 * …) are skipped, so the list may be empty. The messages are copies, so the buffer may be reused.
 *
 * @param length how many bytes of `packet` belong to it
 * @param taker receives transport-wide feedback, which is then not in the list, and per-stream reports, which never are
 * @returns undefined if any message is malformed: a length that extends past the packet, or a count that extends past
 * its message
 */
export function parseRtcp(packet: Uint8Array, length: number, taker?: TransportFeedbackTaker): RtcpPacket[] | undefined {
  if (length < RTCP_HEADER_LENGTH || length > packet.length) return undefined;
  const messages: RtcpPacket[] = [];
  for (let offset = 0; offset < length; ) {
    const end = rtcpPacketEnd(packet, offset, length);
    if (end < 0) return undefined;
    const contentEnd = withoutPadding(packet, offset, end);
    if (contentEnd < 0) return undefined;
    const message = parseMessage(packet, offset, contentEnd, taker);
    if (message === undefined) return undefined;
    if (message !== null) messages.push(message);
    offset = end;
  }
  return messages;
}

/**
 * Returns the end of a message without its padding. Only the last message of a compound packet should be padded, but
 * libwebrtc pads transport feedback in any position.
 *
 * @returns -1 if the padding count is 0 or reaches into the header
 */
function withoutPadding(packet: Uint8Array, offset: number, end: number): number {
  if ((packet[offset] & PADDING_BIT) === 0) return end;
  const padding = packet[end - 1];
  return padding === 0 || end - padding < offset + RTCP_HEADER_LENGTH ? -1 : end - padding;
}

function parseMessage(packet: Uint8Array, offset: number, end: number, taker: TransportFeedbackTaker | undefined): Parsed {
  const count = packet[offset] & 0x1f;
  switch (packet[offset + 1]) {
    case RTCP_SENDER_REPORT:
      return parseSenderReport(packet, offset, end, count);
    case RTCP_RECEIVER_REPORT:
      return parseReceiverReport(packet, offset, end, count);
    case RTCP_SDES:
      return parseSdes(packet, offset, end, count);
    case RTCP_BYE:
      return parseBye(packet, offset, end, count);
    case RTCP_TRANSPORT_FEEDBACK:
      if (count === NACK_FORMAT) return parseNack(packet, offset, end);
      if (count === CONGESTION_FEEDBACK_FORMAT) return taker?.takeCongestionFeedback(packet, offset, end) === false ? undefined : null;
      if (count !== TRANSPORT_FEEDBACK_FORMAT) return null;
      if (taker === undefined) return parseTransportFeedback(packet, offset, end);
      return taker.takeTransportFeedback(packet, offset, end) ? null : undefined;
    case RTCP_PAYLOAD_FEEDBACK:
      return parsePayloadFeedback(packet, offset, end, count);
    default:
      return null;
  }
}

function parsePayloadFeedback(packet: Uint8Array, offset: number, end: number, format: number): Parsed {
  switch (format) {
    case PLI_FORMAT:
      return parsePli(packet, offset, end);
    case FIR_FORMAT:
      return parseFir(packet, offset, end);
    case APPLICATION_LAYER_FEEDBACK_FORMAT:
      return isRemb(packet, offset, end) ? parseRemb(packet, offset, end) : null;
    default:
      return null;
  }
}
