/**
 * One publication: where messages of its publisher go, and those of its subscribers that may reply. A message has one
 * body, however many get it.
 */
import type { DataMessage } from '../data-channel.ts';
import type { DataPublicationCloseReason, DataPublicationPlan, DataPublicationStatistics } from '../data-plan.ts';
import type { ChannelOwner, DataChannelEnd, DataPeer } from './data-peer.ts';
import type { DataSubscription } from './data-subscription.ts';
import { PeerOutlet } from './peer-outlet.ts';
import { type NumberedMessage, RetainedMessages } from './retained-messages.ts';

export interface DataPublicationListener {
  onPublicationClosed(nowMs: number, publication: DataPublication, reason: DataPublicationCloseReason): void;
  /** A reply for a publication of this process. */
  onReply(publication: DataPublication, message: DataMessage): void;
  /** The publisher does not take replies as fast as this subscriber sends them: it is not the publisher who pays. */
  onReplyOverflow(nowMs: number, subscription: DataSubscription): void;
  onReplyRefused(): void;
  onReplySent(publication: DataPublication, sizeBytes: number): void;
}

export class DataPublication implements ChannelOwner {
  plan: DataPublicationPlan;
  /** The publisher; undefined if it is this process. */
  readonly peer: DataPeer | undefined;
  readonly #listener: DataPublicationListener;
  readonly #outlet: PeerOutlet | undefined;
  readonly #retained: RetainedMessages;
  readonly #subscriptions = new Set<DataSubscription>();
  /** The one subscription with the right `one`. */
  #soleReplier: DataSubscription | undefined;
  #lastSerial = 0;
  #messagesReceived = 0;
  #bytesReceived = 0;
  #repliesRefused = 0;

  constructor(plan: DataPublicationPlan, peer: DataPeer | undefined, listener: DataPublicationListener) {
    this.plan = plan;
    this.peer = peer;
    this.#listener = listener;
    this.#retained = new RetainedMessages(plan.retain);
    const streamId = plan.stream?.streamId;
    if (peer === undefined || streamId === undefined) return;
    this.#outlet = new PeerOutlet({ peer, streamId, charge: (sizeBytes) => listener.onReplySent(this, sizeBytes) });
  }

  get subscriptions(): Iterable<DataSubscription> {
    return this.#subscriptions;
  }

  /** What a subscriber gets first, oldest first. */
  get retained(): readonly NumberedMessage[] {
    return this.#retained.all();
  }

  update(plan: DataPublicationPlan): void {
    this.plan = plan;
    this.#retained.resize(plan.retain);
  }

  add(subscription: DataSubscription): void {
    this.#subscriptions.add(subscription);
    if (subscription.plan.canReply === 'one') this.#soleReplier = subscription;
    else if (this.#soleReplier === subscription) this.#soleReplier = undefined;
  }

  remove(subscription: DataSubscription): void {
    this.#subscriptions.delete(subscription);
    if (this.#soleReplier === subscription) this.#soleReplier = undefined;
  }

  channelOpened(): void {}

  channelClosed(nowMs: number, reason: DataChannelEnd): void {
    this.#listener.onPublicationClosed(nowMs, this, publicationCloseReason(reason));
  }

  /** A message of the publisher. */
  receive(nowMs: number, message: DataMessage): void {
    this.#distribute(nowMs, message, undefined);
  }

  /** A message of a subscriber. */
  receiveReply(nowMs: number, message: DataMessage, from: DataSubscription): void {
    if (this.plan.isBus) {
      this.#distribute(nowMs, message, from);
      this.#reply(nowMs, message, from);
    } else if (from.plan.canReply === 'many' || this.#soleReplier === from) {
      this.#reply(nowMs, message, from);
    } else {
      this.#repliesRefused++;
      this.#listener.onReplyRefused();
    }
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

  #distribute(nowMs: number, message: DataMessage, from: DataSubscription | undefined): void {
    const serial = ++this.#lastSerial;
    this.#messagesReceived++;
    this.#bytesReceived += message.data.length;
    this.#retained.add(serial, message);
    // One that overflows leaves the set meanwhile, which iteration allows.
    for (const subscription of this.#subscriptions) if (subscription !== from) subscription.send(nowMs, serial, message);
  }

  #reply(nowMs: number, message: DataMessage, from: DataSubscription): void {
    if (this.#outlet === undefined) this.#listener.onReply(this, message);
    else if (this.#outlet.send(nowMs, message, this.plan.reliability) === 'overflow') this.#listener.onReplyOverflow(nowMs, from);
  }
}

function publicationCloseReason(reason: DataChannelEnd): DataPublicationCloseReason {
  switch (reason) {
    case 'closed':
      return 'closed_by_peer';
    case 'message-too-large':
      return 'message_too_large';
    case 'refused':
      return 'channel_gone';
  }
}
