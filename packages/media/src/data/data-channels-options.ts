/** What the data channels of a peer are made with, and what they tell. */
import type { HmacSha1 } from '@causeway/wire';
import type { Timers } from '../timers.ts';
import type { AssociationLimits } from './association/association-limits.ts';
import type { AssociationStartOptions } from './association-start.ts';
import type { DataChannelInfo, DataKind } from './data-channel.ts';
import type { DataCounters } from './data-counters.ts';

/** What data channels tell their owner. */
export interface DataChannelsListener {
  /** An SCTP packet for the peer, which is overwritten after the call. */
  onPacket(packet: Uint8Array): void;
  /** A channel of ours has been announced to the peer: messages can be sent on it, ahead of `onOpened`. Negotiated channels are only opened. */
  onAnnounced?(streamId: number): void;
  /** Both ends have the channel. */
  onOpened(channel: DataChannelInfo): void;
  /** @param reason `refused`: the peer has no such stream, or nothing more can be sent to it */
  onClosed(streamId: number, reason: 'closed' | 'refused'): void;
  /** The peer has sent a message that is longer than was agreed. Its channel closes, of which `onClosed` tells. */
  onOversizedMessage(streamId: number): void;
  /** @param data the listener's to keep; text is UTF-8 that has not been checked */
  onMessage(streamId: number, data: Uint8Array, kind: DataKind): void;
  /** The peer has ended the association, or we had to. */
  onAborted(): void;
  /** A timer has shown a defect of ours. */
  onDefect(error: unknown): void;
}

/** What the data channels of a peer need. */
export interface DataChannelsOptions extends AssociationStartOptions {
  /** The DTLS client's stream ids are even, the server's odd (RFC 8832 §6). */
  readonly role: 'server' | 'client';
  readonly timers: Timers;
  readonly hmacSha1: HmacSha1;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly counters: DataCounters;
  readonly listener: DataChannelsListener;
  /** Default: those of clients. */
  readonly limits?: AssociationLimits;
  /** Channels at a time. Default: 256. */
  readonly maxChannels?: number;
  /**
   * Messages on streams without a channel are told of, too: the other end may be ahead of us. What is sent by `send` is what nodes say to each other,
   * and passes what is shared. Default false.
   */
  readonly isLink?: boolean;
}
