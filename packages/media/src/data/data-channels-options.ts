/** The options of a peer's data channels, and the listener for their events. */
import type { HmacSha1 } from '@causeway/wire';
import type { Timers } from '../timers.ts';
import type { AssociationLimits } from './association/association-limits.ts';
import type { AssociationStartOptions } from './association-start.ts';
import type { DataChannelInfo, DataKind } from './data-channel.ts';
import type { DataCounters } from './data-counters.ts';

/** Receives the events of a peer's data channels. */
export interface DataChannelsListener {
  /** Takes an SCTP packet for the peer. Its bytes are overwritten after the call. */
  onPacket(packet: Uint8Array): void;
  /**
   * A channel opened here was announced to the peer, so messages can be sent on it even before `onOpened`. This is
   * not called for negotiated channels.
   */
  onAnnounced?(streamId: number): void;
  /** The channel is open at both ends. */
  onOpened(channel: DataChannelInfo): void;
  /** @param reason `refused` if the peer has no such stream, or its association can send nothing more */
  onClosed(streamId: number, reason: 'closed' | 'refused'): void;
  /** The peer has sent a message that is longer than agreed. Its channel is closed, and `onClosed` follows. */
  onOversizedMessage(streamId: number): void;
  /** @param data owned by the listener; text is UTF-8 that has not been validated */
  onMessage(streamId: number, data: Uint8Array, kind: DataKind): void;
  /** The association was ended, by the peer or because of an error. */
  onAborted(): void;
  /** A timer has failed because of a defect in the SFU. */
  onDefect(error: unknown): void;
}

/** The options of a peer's data channels. */
export interface DataChannelsOptions extends AssociationStartOptions {
  /** The DTLS role. The client uses even stream ids, the server odd ones (RFC 8832 §6). */
  readonly role: 'server' | 'client';
  readonly timers: Timers;
  readonly hmacSha1: HmacSha1;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly counters: DataCounters;
  readonly listener: DataChannelsListener;
  /** Default: `CLIENT_LIMITS`. */
  readonly limits?: AssociationLimits;
  /** Maximum number of channels at a time. Default: 256. */
  readonly maxChannels?: number;
  /**
   * Whether the peer is a node. Messages on streams without a channel are then delivered too, because the other end may be ahead of this
   * one; and messages sent by `send` are those of the nodes themselves, which take precedence over shared ones. Default: false.
   */
  readonly isLink?: boolean;
}
