/**
 * Sends messages of a publication on one channel, and bounds what waits there: reliable messages by bytes, after which
 * the channel has to end, others by age and bytes, after which the oldest make room.
 */
import { MESSAGE_OVERHEAD_BYTES, type MessageSender } from '../association/outgoing-message.ts';
import type { DataMessage } from '../data-channel.ts';
import { payloadLength } from '../data-payload.ts';
import { type DataReliability, type DataStreamPlan, isReliable } from '../data-plan.ts';
import type { DataPeer } from './data-peer.ts';
import { numberedPayloadLength } from './numbered-message.ts';

/** Messages that wait or are on their way; over a link, where a round trip takes long, more of them are. */
const MAX_BUFFERED_BYTES = 1 << 20;
const MAX_BUFFERED_BYTES_ON_LINK = 8 << 20;
/** The longest message, and a few short ones. */
const MIN_BUFFERED_BYTES_ON_LINK = 300 << 10;
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
  /** Hears of each message that is given up unsent. */
  readonly onDropped?: () => void;
  /** What is sent is for a copy of a publication: it has a number, which is no payload. */
  readonly feedsCopy: boolean;
}

/** @returns undefined for what is of this process, and has no channel */
export function openOutlet(
  peer: DataPeer | undefined,
  stream: DataStreamPlan | undefined,
  options: Omit<PeerOutletOptions, 'peer' | 'streamId'>,
): PeerOutlet | undefined {
  return peer === undefined || stream === undefined ? undefined : new PeerOutlet({ ...options, peer, streamId: stream.streamId });
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
    // A lifetime says by itself how long a message is worth something.
    const maxWaitMs = maxRetransmits === undefined ? Number.POSITIVE_INFINITY : MAX_WAIT_MS;
    const terms = { ordered, maxRetransmits, maxPacketLifeTimeMs, maxWaitMs, sender: this };
    // Counted before: of a message that is sent at once, `onReleased` may come first.
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

  /** On a link, where publications of many apps wait, one may have as much waiting as is still free: so there is always room for another. */
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

/** An empty message is sent as one byte. */
function heldBytes(sizeBytes: number): number {
  return Math.max(sizeBytes, 1) + MESSAGE_OVERHEAD_BYTES;
}
