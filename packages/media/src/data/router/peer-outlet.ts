/**
 * Sends messages of a publication on one channel, and bounds what waits there: reliable messages by bytes, after which
 * the channel has to end, others by age and bytes, after which the oldest make room.
 */
import { MESSAGE_OVERHEAD_BYTES, type MessageSender } from '../association/outgoing-message.ts';
import type { DataMessage } from '../data-channel.ts';
import { payloadLength } from '../data-payload.ts';
import type { DataReliability } from '../data-plan.ts';
import type { DataPeer } from './data-peer.ts';

/** Messages that wait or are on their way; over a link, where a round trip takes long, more of them are. */
const MAX_BUFFERED_BYTES = 1 << 20;
const MAX_BUFFERED_BYTES_ON_LINK = 8 << 20;
/** An unreliable message that could not be sent for so long is worth less than the next one. */
const MAX_WAIT_MS = 100;

/** `overflow`: a reliable message could not be sent, so nothing may be sent after it. */
export type SendOutcome = 'taken' | 'dropped' | 'too-large' | 'overflow';

export interface PeerOutletOptions {
  readonly peer: DataPeer;
  readonly streamId: number;
  /** Takes the payload bytes of what was sent. */
  readonly charge: (sizeBytes: number) => void;
  /** Hears when what waits has fallen to `bufferedLowBytes`. */
  readonly onBufferedLow?: (bufferedBytes: number) => void;
}

export class PeerOutlet implements MessageSender {
  bufferedLowBytes: number | undefined;
  /** Bytes of messages that have not arrived yet, including what it costs to keep them. */
  bufferedBytes = 0;
  messagesSent = 0;
  bytesSent = 0;
  messagesDropped = 0;
  messagesTooLarge = 0;
  readonly #options: PeerOutletOptions;
  readonly #maxBufferedBytes: number;
  #isAboveLow = false;

  constructor(options: PeerOutletOptions) {
    this.#options = options;
    this.#maxBufferedBytes = options.peer.port.isLink ? MAX_BUFFERED_BYTES_ON_LINK : MAX_BUFFERED_BYTES;
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
    const isReliable = maxRetransmits === undefined && maxPacketLifeTimeMs === undefined;
    if (!this.#makeRoom(message.data.length + MESSAGE_OVERHEAD_BYTES, isReliable)) return this.#refuse(isReliable);
    // A lifetime says by itself how long a message is worth something.
    const maxWaitMs = maxRetransmits === undefined ? Number.POSITIVE_INFINITY : MAX_WAIT_MS;
    const terms = { ordered, maxRetransmits, maxPacketLifeTimeMs, maxWaitMs, sender: this };
    // Counted before: of a message that is sent at once, `onReleased` may come first.
    this.#hold(message.data.length);
    if (peer.port.channels.sendShared(nowMs, streamId, { message, terms })) return 'taken';
    this.bufferedBytes -= heldBytes(message.data.length);
    return this.#refuse(isReliable);
  }

  onSent(protocolId: number, data: Uint8Array): void {
    const sizeBytes = payloadLength(protocolId, data);
    this.messagesSent++;
    this.bytesSent += sizeBytes;
    this.#options.charge(sizeBytes);
  }

  onDropped(): void {
    this.messagesDropped++;
  }

  onReleased(sizeBytes: number): void {
    this.bufferedBytes -= sizeBytes;
    if (!this.#isAboveLow || this.bufferedLowBytes === undefined || this.bufferedBytes > this.bufferedLowBytes) return;
    this.#isAboveLow = false;
    this.#options.onBufferedLow?.(this.bufferedBytes);
  }

  #makeRoom(sizeBytes: number, isReliable: boolean): boolean {
    const { peer, streamId } = this.#options;
    while (this.bufferedBytes + sizeBytes > this.#maxBufferedBytes) {
      if (isReliable || !peer.port.channels.dropOldest(streamId)) return false;
    }
    return true;
  }

  #hold(sizeBytes: number): void {
    this.bufferedBytes += heldBytes(sizeBytes);
    this.#isAboveLow ||= this.bufferedLowBytes !== undefined && this.bufferedBytes > this.bufferedLowBytes;
  }

  #refuse(isReliable: boolean): SendOutcome {
    if (isReliable) return 'overflow';
    this.messagesDropped++;
    return 'dropped';
  }
}

/** An empty message is sent as one byte. */
function heldBytes(sizeBytes: number): number {
  return Math.max(sizeBytes, 1) + MESSAGE_OVERHEAD_BYTES;
}
