/**
 * Why a packet went no further. Every packet that is thrown away increments exactly one of these; nothing is logged per
 * packet. The list is closed: a new way to lose a packet is a new line here.
 */
export const DropReason = {
  /** From an address that no transport knows, and not a STUN request that could introduce it. */
  UnknownPath: 0,
  MalformedStun: 1,
  /** The user name names no transport here, or not the one this address belongs to (RFC 8445 §7.3). */
  StunWrongUfrag: 2,
  /** MESSAGE-INTEGRITY absent or wrong (RFC 8489 §9.1.3). */
  StunBadIntegrity: 3,
  StunRateLimited: 4,
  /** The transport has as many validated addresses as it may. */
  TooManyPaths: 5,
  /** The first byte belongs to no protocol here (RFC 7983 §7). */
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
  /** The packet arrived before, as a retransmission or as a copy made by the network. */
  DuplicatePacket: 16,
  /** Further behind the newest packet than the packet history reaches. */
  TooOld: 17,
  /** A subscriber waits for a keyframe to start or switch with; this packet came before it. */
  NoSubscriberKeyframe: 18,
  Paused: 19,
  /** From before the point at which the subscriber was switched to this source. */
  LateBeforeSwitch: 20,
  /** Another simulcast layer of the same track is being forwarded. */
  LayerNotSelected: 21,
  /** Asked for again too soon, too often, or beyond the resend budget. */
  RtxSuppressed: 22,
  /** The packet asked for is no longer kept, or never arrived here. */
  RtxNotInHistory: 23,
  /** The number asked for was never sent, or lies outside the window. */
  NackForUnknown: 24,
  /** Could not be protected: no keys yet, or not any more. */
  SendNotReady: 25,
  /** Longer than what fits a datagram after the subscriber's own header is put before it. */
  TooLarge: 26,
  /** With data channels in it, from a peer that sends more than it may; SCTP repeats it, more slowly. */
  OverDataRate: 27,
  /** A publication sends more than one may. */
  OverUploadLimit: 28,
  /** A STUN response to no check of ours, or not from whom the check was for. */
  StunUnsolicited: 29,
  /** Ours: to an address whose owner has not shown that it wants it, beyond three times what came from there (RFC 9000 §8.1). */
  BeyondPathAllowance: 30,
  /** The peer sends more packets than it may; dropped before it was authenticated. */
  OverPacketBudget: 31,
  /** A PLI or FIR too soon after others of the same subscriber. One of them is kept until its time. */
  KeyframeRequestTooSoon: 32,
  /** Handling it threw an exception, which is a defect of ours. Anything but 0 deserves a report. */
  Defect: 33,
  /** A step of a handshake, while as many steps of others wait as may: too many join at once. */
  HandshakeOverflow: 34,
  /** A connectivity check for another shard of this process, beyond how many a second are passed on. */
  OverPassOnBudget: 35,
  /** For another shard of this process, which is so far behind that there is no room left for it. */
  ShardBehind: 36,
  /** From an address that nothing can be sent to: port 0, or a source that is unspecified, multicast or broadcast. */
  UnsendableAddress: 37,
  /** The system's send buffer is full, and so is what may wait for it. */
  UplinkFull: 38,
  /** The system refused to send it: too long, no route, forbidden, nothing listening there. */
  SendRefused: 39,
  /** Transport-wide feedback that acknowledges what was never sent: the whole report is good for nothing. */
  FeedbackOnUnsent: 40,
  /** No layer of the track fits the subscriber's path now. */
  BeyondBudget: 41,
  /** For a narrow path, and waited to be sent for a quarter of a second, or there was no room for it to wait. */
  QueueOverdue: 42,
  /** Waited to be sent when its stream ended, or went on with the keyframe of another layer. */
  QueueSuperseded: 43,
  /** Its bytes were let go of while it waited to be sent. */
  QueueForgotten: 44,
} as const;

export type DropReason = (typeof DropReason)[keyof typeof DropReason];

/** Reasons as they are shown outside, `stun-bad-integrity` say; a reason is the index of its name. */
export const DROP_REASON_NAMES: readonly string[] = Object.keys(DropReason).map((key) => key.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase());

/** One counter per reason, of one engine. */
export class DropCounters {
  // Not Uint32Array: a flood of 100,000 packets a second would wrap it within half a day.
  readonly #counts = new Float64Array(DROP_REASON_NAMES.length);

  increment(reason: DropReason): void {
    this.#counts[reason]++;
  }

  /** Counts several at once. */
  add(reason: DropReason, packets: number): void {
    this.#counts[reason] += packets;
  }

  /** How many packets were dropped for this reason since the engine started. */
  count(reason: DropReason): number {
    return this.#counts[reason];
  }

  /** All counters by name, zeros included; a copy. */
  snapshot(): Record<string, number> {
    return Object.fromEntries(DROP_REASON_NAMES.map((name, reason) => [name, this.#counts[reason]]));
  }
}
