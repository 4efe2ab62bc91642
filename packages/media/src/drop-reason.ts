import { UNPROTECT_FORGED, UNPROTECT_MALFORMED, UNPROTECT_NOT_READY, UNPROTECT_REPLAYED, UNPROTECT_UNEXPECTED } from './secure-endpoint.ts';

/**
 * Why a packet was dropped. Every dropped packet increments exactly one of these, and nothing is logged per packet. The list is complete: a
 * new way to lose a packet needs a new entry here.
 */
export const DropReason = {
  /** From an address that no transport uses, and not a STUN request that could introduce it. */
  UnknownPath: 0,
  MalformedStun: 1,
  /** The user name matches no transport here, or not the one that this address belongs to (RFC 8445 §7.3). */
  StunWrongUfrag: 2,
  /** MESSAGE-INTEGRITY absent or wrong (RFC 8489 §9.1.3). */
  StunBadIntegrity: 3,
  StunRateLimited: 4,
  /** The transport has the maximum number of validated addresses. */
  TooManyPaths: 5,
  /** The first byte matches no supported protocol (RFC 7983 §7). */
  Unclassified: 6,
  /** DTLS from an address that no authenticated STUN check has validated. */
  DtlsFromUnvalidatedPath: 7,
  RtpMalformed: 8,
  /** The DTLS handshake is not finished. */
  RtpBeforeKeys: 9,
  SrtpAuthFailed: 10,
  SrtpReplayed: 11,
  /** Neither announced nor attributable by MID and RID. */
  UnknownSsrc: 12,
  TooManySsrcs: 13,
  UnknownPayloadType: 14,
  RtcpMalformed: 15,
  /** The packet has arrived before, as a retransmission or as a duplicate made by the network. */
  DuplicatePacket: 16,
  /** Further behind the newest packet than the history reaches. */
  TooOld: 17,
  /** A subscriber waits for a keyframe to start or switch with, and this packet came before it. */
  NoSubscriberKeyframe: 18,
  Paused: 19,
  /** Older than the point at which the subscriber was switched to this source. */
  LateBeforeSwitch: 20,
  /** Another simulcast layer of the same track is being forwarded. */
  LayerNotSelected: 21,
  /** Requested again too soon, too often, or beyond the resend budget. */
  RtxSuppressed: 22,
  /** The requested packet is no longer kept, or has never arrived here. */
  RtxNotInHistory: 23,
  /** The requested number was never sent, or is outside the window. */
  NackForUnknown: 24,
  /** The packet could not be protected, because there are no keys yet, or no longer any. */
  SendNotReady: 25,
  /** Too long for a datagram with the subscriber's own header. */
  TooLarge: 26,
  /** A packet of data channels from a peer that exceeds its rate. SCTP retransmits it, and slows down. */
  OverDataRate: 27,
  /** The publication exceeds its bitrate limit. */
  OverUploadLimit: 28,
  /** A STUN response that answers none of our checks, or comes from the wrong address. */
  StunUnsolicited: 29,
  /**
   * A packet of ours to an address whose owner has not proven that it receives there, beyond three times what came from it (RFC 9000 §8.1).
   */
  BeyondPathAllowance: 30,
  /** The peer exceeds its packet rate. Dropped before authentication. */
  OverPacketBudget: 31,
  /** A PLI or FIR too soon after others of the same subscriber. One of them is held until it is allowed. */
  KeyframeRequestTooSoon: 32,
  /** Handling the packet threw an exception, because of a defect in the SFU. Any count but 0 deserves a report. */
  Defect: 33,
  /** A step of a handshake when too many others wait, because too many peers join at once. */
  HandshakeOverflow: 34,
  /** A connectivity check for another shard of this process, beyond the number per second that is passed on. */
  OverPassOnBudget: 35,
  /** For another shard of this process that is so far behind that its queue is full. */
  ShardBehind: 36,
  /** From an address that nothing can be sent to: port 0, or an unspecified, multicast or broadcast source. */
  UnsendableAddress: 37,
  /** The system's send buffer is full, and so is the queue for it. */
  UplinkFull: 38,
  /** The system refused to send it: too long, no route, forbidden, or nothing listens there. */
  SendRefused: 39,
  /** Transport-wide feedback that acknowledges packets which were never sent, so the whole report is ignored. */
  FeedbackOnUnsent: 40,
  /** No layer of the track fits the subscriber's path at present. */
  BeyondBudget: 41,
  /** It waited a quarter of a second for room on a narrow path, or the queue had no room. */
  QueueOverdue: 42,
  /** Waited to be sent when its stream ended or switched to another layer with a keyframe. */
  QueueSuperseded: 43,
  /** Its bytes were released while it waited to be sent. */
  QueueForgotten: 44,
  /** A node's BYE for a stream that it does not send, or has ended before. */
  GoodbyeForUnknown: 45,
} as const;

export type DropReason = (typeof DropReason)[keyof typeof DropReason];

/** Reasons as they are shown to users, such as `stun-bad-integrity`. A reason is the index of its name. */
export const DROP_REASON_NAMES: readonly string[] = Object.keys(DropReason).map((key) => key.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase());

/** One counter per reason, for one engine. */
export class DropCounters {
  // A Uint32Array would not do: a flood of 100,000 packets per second would wrap it within half a day.
  readonly #counts = new Float64Array(DROP_REASON_NAMES.length);

  increment(reason: DropReason): void {
    this.#counts[reason]++;
  }

  /** Counts several packets. */
  add(reason: DropReason, packets: number): void {
    this.#counts[reason] += packets;
  }

  /** How many packets were dropped for this reason since the engine started. */
  count(reason: DropReason): number {
    return this.#counts[reason];
  }

  /** A copy of all counters by name, including zeros. */
  snapshot(): Record<string, number> {
    return Object.fromEntries(DROP_REASON_NAMES.map((name, reason) => [name, this.#counts[reason]]));
  }
}

const DROP_REASONS = new Map<number, DropReason>([
  [UNPROTECT_NOT_READY, DropReason.RtpBeforeKeys],
  [UNPROTECT_MALFORMED, DropReason.RtpMalformed],
  [UNPROTECT_FORGED, DropReason.SrtpAuthFailed],
  [UNPROTECT_REPLAYED, DropReason.SrtpReplayed],
  [UNPROTECT_UNEXPECTED, DropReason.UnknownSsrc],
]);

/** @param refusal negative result of `unprotectRtp` or `unprotectRtcp` */
export function unprotectDropReason(refusal: number): DropReason {
  return DROP_REASONS.get(refusal) ?? DropReason.RtpMalformed;
}
