/**
 * One subscription. It opens its channel once it has a publication and a peer, and keeps messages that arrive before the channel is open.
 */
import type { DataMessage } from '../data-channel.ts';
import {
  type DataReliability,
  type DataSubscriptionCloseReason,
  type DataSubscriptionPlan,
  type DataSubscriptionStatistics,
  isReliable,
} from '../data-plan.ts';
import { type ChannelOwner, closeReasonOf, type DataChannelEnd, type DataPeer } from './data-peer.ts';
import type { DataPublication, PublicationSubscriber } from './data-publication.ts';
import { type NumberedMessage, readNumbered, withNumber, writeCopyStart } from './numbered-message.ts';
import { openOutlet, type PeerOutlet } from './peer-outlet.ts';

export interface DataSubscriptionListener {
  onSubscriptionOpened(subscription: DataSubscription): void;
  /** The subscription is over. Its channel is closed, or about to be. */
  onSubscriptionClosed(nowMs: number, subscription: DataSubscription, reason: DataSubscriptionCloseReason): void;
  onTooLarge(subscription: DataSubscription, sizeBytes: number, maxMessageBytes: number): void;
  onBufferedLow(subscription: DataSubscription, bufferedBytes: number): void;
  onDropped(): void;
  onSent(subscription: DataSubscription, sizeBytes: number): void;
  /** A message for a subscription of this process. */
  onReceived(subscription: DataSubscription, message: DataMessage): void;
  /** A reply to a copy has no number. */
  onMisnumbered(): void;
}

const TOO_LARGE_EVENT_INTERVAL_MS = 1_000;
const RELIABLE: DataReliability = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };

export class DataSubscription implements ChannelOwner, PublicationSubscriber {
  plan: DataSubscriptionPlan;
  /** Undefined if this process subscribes. */
  readonly peer: DataPeer | undefined;
  readonly #listener: DataSubscriptionListener;
  readonly #outlet: PeerOutlet | undefined;
  /** Marks messages that come from this subscriber. */
  readonly #origin: number;
  readonly #early = new EarlyMessages();
  #publication: DataPublication | undefined;
  /** The publication that it follows; the same for all its copies. */
  #source: string | undefined;
  /**
   * `closed`: there is no channel yet. `opening`: the channel waits for the peer, or for its first message. `announced`: the peer has yet
   * to answer, but messages are already sent to it.
   */
  #state: 'closed' | 'opening' | 'announced' | 'open' = 'closed';
  /** Whether the retained messages were sent. */
  #hasBegun = false;
  /** Number of the last message that was meant for this subscription. */
  #position = 0;
  /** Whether it was moved to another copy that has not sent anything yet. */
  #isResuming = false;
  /** The position before it was moved. The copy may send these messages again. */
  #floor = 0;
  #toldTooLargeAtMs = Number.NEGATIVE_INFINITY;

  constructor(plan: DataSubscriptionPlan, peer: DataPeer | undefined, listener: DataSubscriptionListener, origin: number) {
    this.plan = plan;
    this.peer = peer;
    this.#listener = listener;
    this.#origin = origin;
    this.#outlet = openOutlet(peer, plan.stream, {
      charge: (sizeBytes) => listener.onSent(this, sizeBytes),
      onBufferedLow: (bufferedBytes) => listener.onBufferedLow(this, bufferedBytes),
      onDropped: () => listener.onDropped(),
      feedsCopy: plan.feedsCopy !== undefined,
    });
  }

  /** @param publication named by the plan; undefined if it does not exist */
  update(nowMs: number, plan: DataSubscriptionPlan, publication: DataPublication | undefined): void {
    this.follow(nowMs, plan, publication);
    this.openChannel(nowMs);
  }

  /**
   * Does the same as `update`, but does not open a channel. Messages that arrive before `openChannel` are kept, up to the limits of
   * `EarlyMessages`.
   */
  follow(nowMs: number, plan: DataSubscriptionPlan, publication: DataPublication | undefined): void {
    // A subscription keeps its channel.
    this.plan = { ...plan, stream: this.plan.stream };
    if (this.#outlet !== undefined) this.#outlet.bufferedLowBytes = plan.bufferedLowBytes;
    if (this.#publication !== publication) this.#follow(publication);
    publication?.add(this);
    if (publication === undefined) return;
    if (this.#state === 'closed' && !this.#hasChannel) this.#becomeOpen(nowMs);
    else this.#catchUp(nowMs);
  }

  /** Opens the channel if there is something to send on it. */
  openChannel(nowMs: number): void {
    if (this.#publication !== undefined && this.#state === 'closed') this.#open(nowMs, this.#publication);
  }

  /** Leaves the publication. */
  leave(): void {
    this.#follow(undefined);
  }

  /** Leaves the publication and the channel. */
  close(nowMs: number): void {
    this.leave();
    const streamId = this.plan.stream?.streamId;
    if (this.#state === 'closed' || streamId === undefined) return;
    this.#state = 'closed';
    this.peer?.release(nowMs, streamId, 'close');
  }

  send(nowMs: number, numbered: NumberedMessage, when: 'live' | 'awaited'): void {
    const { serial, origin } = numbered;
    if (serial <= this.#floor || (when === 'awaited' && !this.#hasBegun)) return;
    if (this.#isResuming && !this.#resumeAt(nowMs, serial)) return;
    this.#position = Math.max(this.#position, serial);
    if (this.plan.isPaused || origin === this.#origin) return;
    if (this.#hasBegun && this.#isWritable) this.#sendOut(nowMs, numbered);
    else this.#early.add(nowMs, numbered);
  }

  publicationComplete(nowMs: number): void {
    this.#catchUp(nowMs);
  }

  endByOverflow(nowMs: number): void {
    this.#end(nowMs, 'overflow');
  }

  /** Takes a message of the subscriber, or of a subscriber to the copy at the other end. */
  receive(nowMs: number, message: DataMessage): void {
    if (this.#state === 'opening' && this.plan.waitsForAck) {
      this.#becomeOpen(nowMs);
      return;
    }
    if (this.plan.feedsCopy === undefined) {
      this.#publication?.receiveReply(nowMs, message, this.#origin, this);
      return;
    }
    const reply = readNumbered(message);
    if (reply === undefined) this.#listener.onMisnumbered();
    else this.#publication?.receiveReply(nowMs, reply.message, reply.origin, this);
  }

  channelAnnounced(nowMs: number): void {
    if (this.plan.waitsForAck) return;
    this.#state = 'announced';
    this.#catchUp(nowMs);
  }

  channelOpened(nowMs: number): void {
    if (!this.plan.waitsForAck) this.#becomeOpen(nowMs);
  }

  channelClosed(nowMs: number, reason: DataChannelEnd): void {
    this.#state = 'closed';
    this.#listener.onSubscriptionClosed(nowMs, this, closeReasonOf(reason, 'channel_refused'));
  }

  statistics(): DataSubscriptionStatistics {
    const { messagesSent = 0, bytesSent = 0, messagesDropped = 0, messagesTooLarge = 0, bufferedBytes = 0 } = this.#outlet ?? {};
    const { subscriptionId } = this.plan;
    return { subscriptionId, messagesSent, bytesSent, messagesDropped, messagesTooLarge, bufferedBytes };
  }

  /** False for a subscription of this process. */
  get #hasChannel(): boolean {
    return this.peer !== undefined && this.plan.stream !== undefined;
  }

  get #isWritable(): boolean {
    return this.#state === 'announced' || this.#state === 'open';
  }

  #follow(publication: DataPublication | undefined): void {
    if (this.#publication === publication) return;
    this.#publication?.remove(this);
    this.#publication = publication;
    if (publication === undefined) return;
    const goesOn = this.#hasBegun && this.#source === publication.source;
    this.#source = publication.source;
    this.#isResuming = goesOn && !this.plan.isPaused;
    this.#floor = goesOn ? this.#position : 0;
    if (goesOn) return;
    this.#hasBegun = false;
    this.#position = 0;
    this.#early.clear();
  }

  /** @returns false if messages that should have arrived are missing, so that the subscription is over */
  #resumeAt(nowMs: number, serial: number): boolean {
    this.#isResuming = false;
    if (serial === this.#floor + 1 || this.#publication === undefined || !isReliable(this.#publication.plan.reliability)) return true;
    this.#end(nowMs, 'messages_lost');
    return false;
  }

  #open(nowMs: number, publication: DataPublication): void {
    const { stream, label, protocol } = this.plan;
    if (this.peer === undefined || stream === undefined) return;
    const { streamId, isNegotiated } = stream;
    const { channels } = this.peer.port;
    this.#state = 'opening';
    // A channel that was left before may still exist.
    if (this.peer.ownerOf(streamId) !== undefined || channels.channel(streamId) !== undefined) {
      this.#refuse(nowMs);
      return;
    }
    this.peer.claim(streamId, this);
    const isOpened = channels.openOn(nowMs, { streamId, label, protocol, ...publication.plan.reliability }, { isNegotiated });
    if (isOpened) return;
    this.peer.forget(streamId);
    this.#refuse(nowMs);
  }

  #refuse(nowMs: number): void {
    this.#state = 'closed';
    this.#listener.onSubscriptionClosed(nowMs, this, 'channel_refused');
  }

  #becomeOpen(nowMs: number): void {
    this.#state = 'open';
    this.#listener.onSubscriptionOpened(this);
    this.#catchUp(nowMs);
  }

  /** Sends the retained messages and those that arrived early, or those missed between two copies; each only once. */
  #catchUp(nowMs: number): void {
    const publication = this.#publication;
    if (publication === undefined || !this.#isWritable || this.plan.isPaused) return;
    if (this.#isResuming) for (const numbered of publication.recent(nowMs)) this.send(nowMs, numbered, 'live');
    if (this.#hasBegun || !publication.isComplete) return;
    this.#hasBegun = true;
    this.#position = publication.position;
    const early = this.#early.take(nowMs);
    const firstSerial = early[0]?.serial ?? Number.POSITIVE_INFINITY;
    const earlier = this.plan.feedsCopy === 'resumed' ? publication.recent(nowMs) : publication.retained;
    const first = [...earlier.filter(({ serial }) => serial < firstSerial), ...early];
    if (this.plan.feedsCopy !== undefined) this.#startCopy(nowMs, first, publication.position);
    for (const numbered of first) this.#sendOut(nowMs, numbered, 'first');
  }

  #startCopy(nowMs: number, first: readonly NumberedMessage[], position: number): void {
    const afterSerial = (first[0]?.serial ?? position + 1) - 1;
    const start = { afterSerial, lastSerial: first.at(-1)?.serial ?? position, messages: first.length };
    this.#outlet?.send(nowMs, writeCopyStart(start), RELIABLE);
  }

  #sendOut(nowMs: number, numbered: NumberedMessage, place: 'first' | 'later' = 'later'): void {
    const publication = this.#publication;
    if (publication === undefined || !this.#isWritable) return;
    if (this.#outlet === undefined || this.peer === undefined) {
      this.#listener.onReceived(this, numbered.message);
      return;
    }
    const { reliability } = publication.plan;
    const outcome =
      this.plan.feedsCopy === undefined
        ? this.#outlet.send(nowMs, numbered.message, reliability)
        : this.#outlet.send(nowMs, withNumber(numbered), reliabilityToCopy(reliability, place));
    switch (outcome) {
      case 'taken':
      case 'dropped':
        break;
      case 'too-large':
        this.#tellTooLarge(nowMs, numbered.message.data.length, this.peer.maxMessageBytes);
        break;
      case 'overflow':
        this.#end(nowMs, 'overflow');
    }
  }

  #end(nowMs: number, reason: DataSubscriptionCloseReason): void {
    this.close(nowMs);
    this.#listener.onSubscriptionClosed(nowMs, this, reason);
  }

  #tellTooLarge(nowMs: number, sizeBytes: number, maxMessageBytes: number): void {
    if (nowMs < this.#toldTooLargeAtMs + TOO_LARGE_EVENT_INTERVAL_MS) return;
    this.#toldTooLargeAtMs = nowMs;
    this.#listener.onTooLarge(this, sizeBytes, maxMessageBytes);
  }
}

/**
 * The messages that a copy starts with have to arrive, whatever the publication's reliability is. Reliable messages cross in order even if
 * they may be delivered out of order, because a missing message could otherwise not be told from a late one.
 */
function reliabilityToCopy(reliability: DataReliability, place: 'first' | 'later'): DataReliability {
  return place === 'first' || isReliable(reliability) ? RELIABLE : reliability;
}

const MAX_BYTES = 64 << 10;
const MAX_MESSAGES = 1_024;
const MAX_AGE_MS = 2_000;

interface EarlyMessage {
  readonly numbered: NumberedMessage;
  readonly atMs: number;
}

/**
 * Messages for a subscriber whose channel is not open yet. If they exceed the limits the oldest are dropped, so that what is delivered has
 * no gap: the subscription starts later.
 */
class EarlyMessages {
  #messages: EarlyMessage[] = [];
  #bytes = 0;

  /** Adds a message. The newest one is kept even if it exceeds the limits. */
  add(nowMs: number, numbered: NumberedMessage): void {
    this.#messages.push({ numbered, atMs: nowMs });
    this.#bytes += numbered.message.data.length;
    this.#dropBefore(nowMs - MAX_AGE_MS);
    while ((this.#bytes > MAX_BYTES || this.#messages.length > MAX_MESSAGES) && this.#messages.length > 1) this.#dropFirst();
  }

  /** Takes all messages that are not too old, oldest first. */
  take(nowMs: number): readonly NumberedMessage[] {
    this.#dropBefore(nowMs - MAX_AGE_MS);
    const messages = this.#messages.map(({ numbered }) => numbered);
    this.clear();
    return messages;
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }

  #dropBefore(atMs: number): void {
    while (this.#messages.length > 0 && this.#messages[0].atMs < atMs) this.#dropFirst();
  }

  #dropFirst(): void {
    this.#bytes -= this.#messages.shift()?.numbered.message.data.length ?? 0;
  }
}
