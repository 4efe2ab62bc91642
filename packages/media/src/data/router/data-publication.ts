/**
 * One publication, or a copy of one on another thread or node. It distributes the messages of its publisher, and forwards replies of
 * subscribers that are allowed to reply. The body of a message exists only once, however many subscribers receive it.
 */
import type { DataMessage } from '../data-channel.ts';
import {
  type DataPublicationCloseReason,
  type DataPublicationPlan,
  type DataPublicationStatistics,
  type DataSubscriptionPlan,
  isReliable,
} from '../data-plan.ts';
import { type ChannelOwner, closeReasonOf, type DataChannelEnd, type DataPeer } from './data-peer.ts';
import { type CopyStart, type NumberedMessage, readCopyStart, readNumbered, withNumber } from './numbered-message.ts';
import { openOutlet, type PeerOutlet } from './peer-outlet.ts';
import type { RecentMessages, RecentPool } from './recent-messages.ts';

/** A subscriber, as far as the publication needs to know. */
export interface PublicationSubscriber {
  readonly plan: Pick<DataSubscriptionPlan, 'canReply' | 'feedsCopy' | 'isMuted'>;
  /** Sends a message. @param when `awaited` while the copy that it belongs to catches up, which new subscribers wait for */
  send(nowMs: number, numbered: NumberedMessage, when: 'live' | 'awaited'): void;
  /** Called when the retained messages are complete. */
  publicationComplete(nowMs: number): void;
  /**
   * Ends the subscription, because the publisher does not receive replies as fast as the subscriber sends them. The publisher must not
   * suffer for that.
   */
  endByOverflow(nowMs: number): void;
}

export interface DataPublicationListener {
  onPublicationClosed(nowMs: number, publication: DataPublication, reason: DataPublicationCloseReason): void;
  /** A reply to a publication of this process. */
  onReply(publication: DataPublication, message: DataMessage): void;
  onReplyRefused(): void;
  onReplySent(publication: DataPublication, sizeBytes: number): void;
  /** A message on the channel of a copy has no number, or a repeated one. */
  onMisnumbered(): void;
}

/** The position of a copy until it knows where its numbers start. */
const UNKNOWN_POSITION = -1;

export class DataPublication implements ChannelOwner {
  plan: DataPublicationPlan;
  /** The publisher; undefined if it is this process. */
  readonly peer: DataPeer | undefined;
  readonly #listener: DataPublicationListener;
  readonly #outlet: PeerOutlet | undefined;
  readonly #retained: RetainedMessages;
  readonly #pool: RecentPool;
  #recent: RecentMessages | undefined;
  readonly #subscriptions = new Set<PublicationSubscriber>();
  /** The one subscription with the right `one`. */
  #soleReplier: PublicationSubscriber | undefined;
  #position: number;
  /** The messages that a copy has yet to catch up with. */
  #awaited: CopyStart | undefined;
  #awaitedMessages = 0;
  #messagesReceived = 0;
  #bytesReceived = 0;
  #repliesRefused = 0;

  constructor(plan: DataPublicationPlan, peer: DataPeer | undefined, listener: DataPublicationListener, pool: RecentPool) {
    this.plan = plan;
    this.peer = peer;
    this.#listener = listener;
    this.#pool = pool;
    this.#retained = new RetainedMessages(plan.retain);
    this.#position = plan.copyOf === undefined ? 0 : UNKNOWN_POSITION;
    if (plan.copyOf !== undefined) this.#keepRecent();
    this.#outlet = openOutlet(peer, plan.stream, {
      charge: (sizeBytes) => listener.onReplySent(this, sizeBytes),
      feedsCopy: plan.copyOf !== undefined,
    });
  }

  /** Names the publication; the same for all its copies. */
  get source(): string {
    return this.plan.copyOf ?? this.plan.publicationId;
  }

  /** Number of the last message. */
  get position(): number {
    return this.#position;
  }

  /** Whether the retained messages are here. A copy has to receive them first. */
  get isComplete(): boolean {
    return this.#position !== UNKNOWN_POSITION && this.#awaited === undefined;
  }

  /** The messages that a new subscriber receives first, oldest first. */
  get retained(): readonly NumberedMessage[] {
    return this.#retained.all();
  }

  /** The messages for a subscriber that may have missed some: all that are still available, oldest first. */
  recent(nowMs: number): readonly NumberedMessage[] {
    const recent = this.#recent?.all(nowMs) ?? [];
    // Both lists end with the last message, so the longer one contains the other.
    return recent.length > this.#retained.size ? recent : this.#retained.all();
  }

  update(plan: DataPublicationPlan): void {
    this.plan = plan;
    this.#retained.resize(plan.retain);
  }

  add(subscription: PublicationSubscriber): void {
    this.#subscriptions.add(subscription);
    if (subscription.plan.feedsCopy !== undefined) this.#keepRecent();
    if (subscription.plan.canReply === 'one') this.#soleReplier = subscription;
    else if (this.#soleReplier === subscription) this.#soleReplier = undefined;
  }

  remove(subscription: PublicationSubscriber): void {
    this.#subscriptions.delete(subscription);
    if (this.#soleReplier === subscription) this.#soleReplier = undefined;
  }

  /** Releases memory when the publication has ended. */
  close(): void {
    this.#recent?.close();
    this.#recent = undefined;
  }

  channelAnnounced(): void {}

  channelOpened(): void {}

  channelClosed(nowMs: number, reason: DataChannelEnd): void {
    this.#listener.onPublicationClosed(nowMs, this, closeReasonOf(reason, 'channel_gone'));
  }

  /** Takes a message of the publisher, or of the publication that this is a copy of. */
  receive(nowMs: number, message: DataMessage): void {
    if (this.plan.copyOf === undefined) this.#distribute(nowMs, { serial: this.#position + 1, origin: 0, message });
    else this.#receiveNumbered(nowMs, readNumbered(message));
  }

  /** Takes a reply of a subscriber, or of one that subscribes to a copy. @param origin of its subscription */
  receiveReply(nowMs: number, message: DataMessage, origin: number, from: PublicationSubscriber): void {
    const { isBus, copyOf } = this.plan;
    const mayReply = isBus || from.plan.canReply === 'many' || this.#soleReplier === from;
    if (!mayReply || from.plan.isMuted === true) {
      this.#repliesRefused++;
      this.#listener.onReplyRefused();
      return;
    }
    // On a bus, the publication determines the order in which messages are sent to everyone else.
    if (isBus && copyOf === undefined) this.#distribute(nowMs, { serial: this.#position + 1, origin, message });
    this.#reply(nowMs, copyOf === undefined ? message : withNumber({ serial: 0, origin, message }), from);
  }

  statistics(): DataPublicationStatistics {
    return {
      publicationId: this.plan.publicationId,
      messagesReceived: this.#messagesReceived,
      bytesReceived: this.#bytesReceived,
      subscriptions: this.#subscriptions.size,
      retainedMessages: this.#retained.size,
      repliesRefused: this.#repliesRefused,
    };
  }

  #receiveNumbered(nowMs: number, numbered: NumberedMessage | undefined): void {
    const start = numbered && readCopyStart(numbered);
    if (start !== undefined && this.#position === UNKNOWN_POSITION) this.#begin(nowMs, start);
    else if (start !== undefined || numbered === undefined || !this.#isPlausible(numbered)) this.#listener.onMisnumbered();
    else this.#distribute(nowMs, numbered);
  }

  #begin(nowMs: number, start: CopyStart): void {
    this.#position = start.afterSerial;
    this.#awaitedMessages = start.messages;
    if (start.messages > 0) this.#awaited = start;
    else this.#tellComplete(nowMs);
  }

  /** Whether the number is possible: reliable messages arrive in order, each once, while others may overtake each other. */
  #isPlausible({ serial }: NumberedMessage): boolean {
    if (this.#position === UNKNOWN_POSITION) return false;
    return serial > this.#position || !isReliable(this.plan.reliability);
  }

  #distribute(nowMs: number, numbered: NumberedMessage): void {
    const { serial, message } = numbered;
    const isAwaited = this.#awaited !== undefined && serial <= this.#awaited.lastSerial;
    this.#position = Math.max(this.#position, serial);
    this.#messagesReceived++;
    this.#bytesReceived += message.data.length;
    this.#retained.add(numbered);
    this.#recent?.add(nowMs, numbered);
    // A subscription that overflows removes itself from the set during the iteration, which a Set allows.
    for (const subscription of this.#subscriptions) subscription.send(nowMs, numbered, isAwaited ? 'awaited' : 'live');
    if (!isAwaited || --this.#awaitedMessages > 0) return;
    this.#awaited = undefined;
    this.#tellComplete(nowMs);
  }

  #tellComplete(nowMs: number): void {
    for (const subscription of this.#subscriptions) subscription.publicationComplete(nowMs);
  }

  #reply(nowMs: number, message: DataMessage, from: PublicationSubscriber): void {
    if (this.#outlet === undefined) this.#listener.onReply(this, message);
    else if (this.#outlet.send(nowMs, message, this.plan.reliability) === 'overflow') from.endByOverflow(nowMs);
  }

  /**
   * Keeps recent messages, so that a subscription that is moved to another copy can continue where it was. Not needed for unreliable
   * messages, which have gaps anyway.
   */
  #keepRecent(): void {
    if (isReliable(this.plan.reliability)) this.#recent ??= this.#pool.open();
  }
}

/** Limits what an app can make a node store for one publication. */
export const MAX_RETAINED_MESSAGES = 256;
/**
 * Half of what may wait for a subscriber, which receives all of them at once and live messages in addition. The last message is kept even
 * if it is longer.
 */
export const MAX_RETAINED_BYTES = 512 << 10;

/**
 * The latest messages of a publication, for later subscribers. Messages have serial numbers within their publication, so that a subscriber
 * that receives one live does not get it again.
 */
class RetainedMessages {
  #capacity: number;
  #bytes = 0;
  readonly #messages: NumberedMessage[] = [];

  /** @param capacity how many messages are kept; 0 for none */
  constructor(capacity: number) {
    this.#capacity = Math.min(capacity, MAX_RETAINED_MESSAGES);
  }

  get size(): number {
    return this.#messages.length;
  }

  resize(capacity: number): void {
    this.#capacity = Math.min(capacity, MAX_RETAINED_MESSAGES);
    this.#trim();
  }

  add(numbered: NumberedMessage): void {
    if (this.#capacity === 0) return;
    let at = this.#messages.length;
    // On the way to a copy, unordered messages may have overtaken this one.
    while (at > 0 && this.#messages[at - 1].serial > numbered.serial) at--;
    this.#messages.splice(at, 0, numbered);
    this.#bytes += numbered.message.data.length;
    this.#trim();
  }

  /** Oldest first. */
  all(): readonly NumberedMessage[] {
    return this.#messages;
  }

  #trim(): void {
    while (this.#messages.length > this.#capacity || (this.#bytes > MAX_RETAINED_BYTES && this.#messages.length > 1)) {
      this.#bytes -= this.#messages.shift()?.message.data.length ?? 0;
    }
  }
}
