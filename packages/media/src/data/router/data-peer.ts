/** A peer as seen by the data router: its channels, and the owner of each. */
import { TokenBucket } from '../../inbound-limits.ts';
import type { DataMessage } from '../data-channel.ts';
import type { DataChannels } from '../data-channels.ts';

/** What the router requires of a transport. */
export interface DataPort {
  readonly id: string;
  readonly isLink: boolean;
  readonly account: string | undefined;
  readonly channels: DataChannels;
}

/** `refused`: the peer has no such stream. `message-too-large`: it sent a longer message than agreed. */
export type DataChannelEnd = 'closed' | 'refused' | 'message-too-large';

/** @param refused the close reason if the channel does not exist */
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

/** The publication or subscription that a channel belongs to. */
export interface ChannelOwner {
  /**
   * Messages can be sent on the channel, but the peer has yet to answer. Not called for a negotiated channel, or one that the peer has
   * opened.
   */
  channelAnnounced(nowMs: number): void;
  /** The channel is open at both ends, and messages can be sent on it. */
  channelOpened(nowMs: number): void;
  /** The channel is gone. The owner has no other. */
  channelClosed(nowMs: number, reason: DataChannelEnd): void;
  receive(nowMs: number, message: DataMessage): void;
}

/** The limit of a peer that does not announce one (RFC 8841 §6.1). */
const DEFAULT_MAX_MESSAGE_BYTES = 65_536;
const BURST_MS = 1_000;

export class DataPeer {
  readonly port: DataPort;
  /** The messages that the peer may send. A peer that has sent too many is ignored for a while. */
  readonly #messages: TokenBucket;
  #held: HeldMessages | undefined = undefined;
  /** The longest message that the peer accepts. Nodes accept everything that the SFU lets in. */
  maxMessageBytes: number;
  /** Whether the peer is known to have data channels. */
  isTold: boolean;
  isConnected = false;
  /** Owners by stream id, null while the channel of a former owner closes; undefined until there is one. */
  #owners: Map<number, ChannelOwner | null> | undefined = undefined;

  constructor(port: DataPort, messagesPerSecond: number) {
    this.port = port;
    this.#messages = new TokenBucket(messagesPerSecond, BURST_MS);
    this.isTold = port.isLink;
    this.maxMessageBytes = port.isLink ? Number.POSITIVE_INFINITY : DEFAULT_MAX_MESSAGE_BYTES;
  }

  /** Created with the first message or channel. */
  get held(): HeldMessages {
    this.#held ??= new HeldMessages();
    return this.#held;
  }

  /** Whether a packet is let in: the peer keeps to its rate, and its earlier messages are not all waiting for an owner. */
  admits(nowMs: number): boolean {
    return this.port.isLink || (this.#held?.isFull !== true && this.#messages.has(nowMs, 1));
  }

  /** Counts a message. The last packet that is let in may contain more messages than the budget has left. */
  noteMessage(): void {
    this.#messages.spend(1);
  }

  /** Opens channels that wait, if the peer is ready for them. */
  beginIfReady(nowMs: number): void {
    if (this.isTold && this.isConnected) this.port.channels.begin(nowMs);
  }

  /** Undefined if the channel has not been claimed, null if its owner has left it. */
  ownerOf(streamId: number): ChannelOwner | null | undefined {
    return this.#owners?.get(streamId);
  }

  claim(streamId: number, owner: ChannelOwner): void {
    this.#owners ??= new Map();
    this.#owners.set(streamId, owner);
  }

  /** Takes the channel from its owner, and closes it unless `then` is `keep`. */
  release(nowMs: number, streamId: number, then: 'close' | 'keep'): void {
    if (then === 'keep') {
      this.#owners?.delete(streamId);
    } else {
      this.leave(streamId);
      this.port.channels.closeChannel(nowMs, streamId);
    }
  }

  /** Undoes `claim`. Messages that are held for the channel are kept. */
  disclaim(streamId: number): void {
    this.#owners?.delete(streamId);
  }

  /** Records that the owner has left the channel, which still exists. */
  leave(streamId: number): void {
    this.#owners ??= new Map();
    this.#owners.set(streamId, null);
  }

  /** Removes a channel that no longer exists. */
  forget(streamId: number): void {
    this.#owners?.delete(streamId);
    this.#held?.take(streamId);
  }
}

/** How long messages on an unclaimed channel are kept, from its first message on. */
const HOLD_MS = 2_000;
/** Limits the messages on all unclaimed channels of one peer. At the limit, packets of a client are ignored until there is room again. */
export const MAX_HELD_BYTES = 1 << 20;
const MESSAGE_OVERHEAD_BYTES = 64;

interface HeldChannel {
  readonly untilMs: number;
  readonly messages: DataMessage[];
  bytes: number;
}

/**
 * Messages that peers send on channels that have not been claimed yet. The OPEN and the first messages share a datagram, and the owner of
 * the engine needs a moment to assign the channel.
 */
class HeldMessages {
  /** Bytes that are held at present. */
  bytes = 0;
  readonly #channels = new Map<number, HeldChannel>();

  get isFull(): boolean {
    return this.bytes >= MAX_HELD_BYTES;
  }

  /** When to call `expire` next; Infinity if nothing is held. */
  get nextExpiryMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { untilMs, messages } of this.#channels.values()) if (messages.length > 0) nextMs = Math.min(nextMs, untilMs);
    return nextMs;
  }

  /** @returns false if the message must be dropped, because the channel was not claimed in time or too much is held */
  add(nowMs: number, streamId: number, message: DataMessage): boolean {
    let channel = this.#channels.get(streamId);
    if (channel === undefined) {
      channel = { untilMs: nowMs + HOLD_MS, messages: [], bytes: 0 };
      this.#channels.set(streamId, channel);
    }
    const sizeBytes = message.data.length + MESSAGE_OVERHEAD_BYTES;
    // A packet may contain several messages. Since it was let in, all of them are kept.
    if (channel.untilMs <= nowMs || this.bytes >= 2 * MAX_HELD_BYTES) return false;
    channel.messages.push(message);
    channel.bytes += sizeBytes;
    this.bytes += sizeBytes;
    return true;
  }

  /** Takes the messages of a channel that was claimed or closed. */
  take(streamId: number): readonly DataMessage[] {
    const channel = this.#channels.get(streamId);
    if (channel === undefined) return [];
    this.#channels.delete(streamId);
    this.bytes -= channel.bytes;
    return channel.messages;
  }

  /** Drops messages that were not claimed in time. @returns how many */
  expire(nowMs: number): number {
    let dropped = 0;
    for (const channel of this.#channels.values()) {
      if (channel.untilMs > nowMs) continue;
      dropped += channel.messages.length;
      this.bytes -= channel.bytes;
      channel.messages.length = 0;
      channel.bytes = 0;
    }
    return dropped;
  }
}
