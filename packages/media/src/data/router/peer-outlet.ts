/**
 * Sends the messages of a publication on one channel, and limits what waits there. Reliable messages are limited by bytes, and the channel
 * ends if they exceed the limit. Others are limited by age and bytes, and the oldest are dropped.
 */
import { MESSAGE_OVERHEAD_BYTES, type MessageSender } from '../association/outgoing-message.ts';
import { type DataMessage, payloadLength } from '../data-channel.ts';
import { type DataReliability, type DataStreamPlan, isReliable } from '../data-plan.ts';
import type { DataPeer } from './data-peer.ts';
import { numberedPayloadLength } from './numbered-message.ts';

/** Limits messages that wait or are in flight. A link has a longer round trip, so more are in flight. */
const MAX_BUFFERED_BYTES = 1 << 20;
const MAX_BUFFERED_BYTES_ON_LINK = 8 << 20;
/** Room for the longest message, and a few short ones. */
const MIN_BUFFERED_BYTES_ON_LINK = 300 << 10;
/** An unreliable message that waited for this long is worth less than the next one. */
const MAX_WAIT_MS = 100;

/** `overflow`: a reliable message could not be sent, so nothing may follow it. */
export type SendOutcome = 'taken' | 'dropped' | 'too-large' | 'overflow';

export interface PeerOutletOptions {
  readonly peer: DataPeer;
  readonly streamId: number;
  /** Called with the payload bytes of what was sent. */
  readonly charge: (sizeBytes: number) => void;
  /** Called when the buffered bytes have fallen to `bufferedLowBytes`. */
  readonly onBufferedLow?: (bufferedBytes: number) => void;
  /** Called for each message that is given up unsent. */
  readonly onDropped?: () => void;
  /** Whether messages feed a copy of a publication. They then have a number, which does not count as payload. */
  readonly feedsCopy: boolean;
}

/** @returns undefined for this process, which has no channel */
export function openOutlet(
  peer: DataPeer | undefined,
  stream: DataStreamPlan | undefined,
  options: Omit<PeerOutletOptions, 'peer' | 'streamId'>,
): PeerOutlet | undefined {
  return peer === undefined || stream === undefined ? undefined : new PeerOutlet({ ...options, peer, streamId: stream.streamId });
}

export class PeerOutlet implements MessageSender {
  bufferedLowBytes: number | undefined;
  /** Bytes of messages that have not arrived yet, including overhead. */
  bufferedBytes = 0;
  messagesSent = 0;
  bytesSent = 0;
  messagesDropped = 0;
  messagesTooLarge = 0;
  readonly #options: PeerOutletOptions;
  #isAboveLow = false;

  constructor(options: PeerOutletOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#options.peer.port.channels.isOpen(this.#options.streamId);
  }

  send(nowMs: number, message: DataMessage, reliability: DataReliability): SendOutcome {
    const { peer, streamId } = this.#options;
    if (message.data.length > peer.maxMessageBytes) {
      this.messagesTooLarge++;
      return 'too-large';
    }
    const { ordered, maxRetransmits, maxPacketLifeTimeMs } = reliability;
    const mustArrive = isReliable(reliability);
    if (!this.#makeRoom(message.data.length + MESSAGE_OVERHEAD_BYTES, mustArrive)) return this.#refuse(mustArrive);
    // A message with a lifetime needs no other limit.
    const maxWaitMs = maxRetransmits === undefined ? Number.POSITIVE_INFINITY : MAX_WAIT_MS;
    const terms = { ordered, maxRetransmits, maxPacketLifeTimeMs, maxWaitMs, sender: this };
    // Counted first, because `onReleased` may be called during the send.
    this.#hold(message.data.length);
    if (peer.port.channels.sendShared(nowMs, streamId, { message, terms })) return 'taken';
    this.bufferedBytes -= heldBytes(message.data.length);
    return this.#refuse(mustArrive);
  }

  onSent(protocolId: number, data: Uint8Array): void {
    const sizeBytes = this.#options.feedsCopy ? numberedPayloadLength(data) : payloadLength(protocolId, data);
    this.messagesSent++;
    this.bytesSent += sizeBytes;
    this.#options.charge(sizeBytes);
  }

  onDropped(): void {
    this.messagesDropped++;
    this.#options.onDropped?.();
  }

  onReleased(sizeBytes: number): void {
    this.bufferedBytes -= sizeBytes;
    if (!this.#isAboveLow || this.bufferedLowBytes === undefined || this.bufferedBytes > this.bufferedLowBytes) return;
    this.#isAboveLow = false;
    this.#options.onBufferedLow?.(this.bufferedBytes);
  }

  #makeRoom(sizeBytes: number, mustArrive: boolean): boolean {
    const { peer, streamId } = this.#options;
    while (this.bufferedBytes + sizeBytes > this.#maxBytes) {
      if (mustArrive || !peer.port.channels.dropOldest(streamId)) return false;
    }
    return true;
  }

  /**
   * On a link, which the publications of many apps share, one publication may use as much as is still free, so there is always room for
   * another.
   */
  get #maxBytes(): number {
    const { channels, isLink } = this.#options.peer.port;
    return isLink ? Math.min(MAX_BUFFERED_BYTES_ON_LINK, Math.max(channels.freeBytes, MIN_BUFFERED_BYTES_ON_LINK)) : MAX_BUFFERED_BYTES;
  }

  #hold(sizeBytes: number): void {
    this.bufferedBytes += heldBytes(sizeBytes);
    this.#isAboveLow ||= this.bufferedLowBytes !== undefined && this.bufferedBytes > this.bufferedLowBytes;
  }

  #refuse(mustArrive: boolean): SendOutcome {
    if (mustArrive) return 'overflow';
    this.onDropped();
    return 'dropped';
  }
}

/** Bytes that a message counts as. An empty message is sent as one byte. */
function heldBytes(sizeBytes: number): number {
  return Math.max(sizeBytes, 1) + MESSAGE_OVERHEAD_BYTES;
}
