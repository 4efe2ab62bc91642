/** A peer as the router of data sees it: its channels, and whose each of them is. */

import { TokenBucket } from '../../token-bucket.ts';
import type { DataMessage } from '../data-channel.ts';
import type { DataChannels } from '../data-channels.ts';
import { HeldMessages } from './held-messages.ts';

/** What the router needs of a transport. */
export interface DataPort {
  readonly id: string;
  readonly isLink: boolean;
  readonly account: string | undefined;
  readonly channels: DataChannels;
}

/** `refused`: the peer has no such stream. `message-too-large`: it sent more at once than was agreed. */
export type DataChannelEnd = 'closed' | 'refused' | 'message-too-large';

/** @param refused what it is called that there was no such channel */
export function closeReasonOf<Refused>(end: DataChannelEnd, refused: Refused): 'closed_by_peer' | 'message_too_large' | Refused {
  switch (end) {
    case 'closed':
      return 'closed_by_peer';
    case 'message-too-large':
      return 'message_too_large';
    case 'refused':
      return refused;
  }
}

/** A publication or subscription, as its channel knows it. */
export interface ChannelOwner {
  /** Messages can be sent on it now; the peer has yet to answer. A negotiated channel, or one that the peer has opened, is opened at once. */
  channelAnnounced(nowMs: number): void;
  /** Both ends have it, and messages can be sent on it. */
  channelOpened(nowMs: number): void;
  /** The channel is gone; the owner has no other. */
  channelClosed(nowMs: number, reason: DataChannelEnd): void;
  receive(nowMs: number, message: DataMessage): void;
}

/** RFC 8841 §6.1: what a peer takes that does not say. */
const DEFAULT_MAX_MESSAGE_BYTES = 65_536;
const BURST_MS = 1_000;

export class DataPeer {
  readonly port: DataPort;
  /** Messages that the peer may send: one that has sent too many is not listened to for a while. */
  readonly #messages: TokenBucket;
  readonly held = new HeldMessages();
  /** What the peer takes; nodes take all that we let in. */
  maxMessageBytes: number;
  /** The peer is known to have data channels. */
  isTold: boolean;
  isConnected = false;
  /** By stream id; null while the channel of a former owner closes. */
  readonly #owners = new Map<number, ChannelOwner | null>();

  constructor(port: DataPort, messagesPerSecond: number) {
    this.port = port;
    this.#messages = new TokenBucket(messagesPerSecond, BURST_MS);
    this.isTold = port.isLink;
    this.maxMessageBytes = port.isLink ? Number.POSITIVE_INFINITY : DEFAULT_MAX_MESSAGE_BYTES;
  }

  /** Whether a packet is to be let in: the peer is within its rate, and what it has sent has found its place. */
  admits(nowMs: number): boolean {
    return this.port.isLink || (!this.held.isFull && this.#messages.has(nowMs, 1));
  }

  /** A message was taken; the last packet that is let in may bring more of them than are left. */
  noteMessage(): void {
    this.#messages.spend(1);
  }

  /** Channels that wait are opened if the peer can be asked to. */
  beginIfReady(nowMs: number): void {
    if (this.isTold && this.isConnected) this.port.channels.begin(nowMs);
  }

  /** Undefined if the channel has not been claimed, null if its owner has left it. */
  ownerOf(streamId: number): ChannelOwner | null | undefined {
    return this.#owners.get(streamId);
  }

  claim(streamId: number, owner: ChannelOwner): void {
    this.#owners.set(streamId, owner);
  }

  /** The owner leaves a channel, which is closed unless it is to stay. */
  release(nowMs: number, streamId: number, then: 'close' | 'keep'): void {
    if (then === 'keep') {
      this.#owners.delete(streamId);
    } else {
      this.#owners.set(streamId, null);
      this.port.channels.closeChannel(nowMs, streamId);
    }
  }

  /** The channel is not the owner's after all; what is held of it stays. */
  disclaim(streamId: number): void {
    this.#owners.delete(streamId);
  }

  /** The owner has left the channel, which is not gone yet. */
  leave(streamId: number): void {
    this.#owners.set(streamId, null);
  }

  /** The channel is gone. */
  forget(streamId: number): void {
    this.#owners.delete(streamId);
    this.held.take(streamId);
  }
}
