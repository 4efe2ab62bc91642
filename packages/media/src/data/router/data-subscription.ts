/**
 * One subscription: the channel that its messages go out on, from the time there is a publication and a peer for it,
 * and what comes before that channel is open.
 */
import type { DataMessage } from '../data-channel.ts';
import type { DataSubscriptionCloseReason, DataSubscriptionPlan, DataSubscriptionStatistics } from '../data-plan.ts';
import type { ChannelOwner, DataChannelEnd, DataPeer } from './data-peer.ts';
import type { DataPublication } from './data-publication.ts';
import { EarlyMessages } from './early-messages.ts';
import { PeerOutlet } from './peer-outlet.ts';

export interface DataSubscriptionListener {
  onSubscriptionOpened(subscription: DataSubscription): void;
  /** To be forgotten; its channel is closed, or is about to be. */
  onSubscriptionClosed(nowMs: number, subscription: DataSubscription, reason: DataSubscriptionCloseReason): void;
  onTooLarge(subscription: DataSubscription, sizeBytes: number, maxMessageBytes: number): void;
  onBufferedLow(subscription: DataSubscription, bufferedBytes: number): void;
  onDropped(): void;
  onSent(subscription: DataSubscription, sizeBytes: number): void;
  /** A message for a subscription of this process. */
  onReceived(subscription: DataSubscription, message: DataMessage): void;
}

const TOO_LARGE_EVENT_INTERVAL_MS = 1_000;

export class DataSubscription implements ChannelOwner {
  plan: DataSubscriptionPlan;
  /** Undefined if this process subscribes. */
  readonly peer: DataPeer | undefined;
  readonly #listener: DataSubscriptionListener;
  readonly #outlet: PeerOutlet | undefined;
  readonly #early = new EarlyMessages();
  #publication: DataPublication | undefined;
  /** `closed`: there is no channel yet. `opening`: it waits for the peer, or for its first message. */
  #state: 'closed' | 'opening' | 'open' = 'closed';
  #hasRetained = false;
  #toldTooLargeAtMs = Number.NEGATIVE_INFINITY;

  constructor(plan: DataSubscriptionPlan, peer: DataPeer | undefined, listener: DataSubscriptionListener) {
    this.plan = plan;
    this.peer = peer;
    this.#listener = listener;
    const streamId = plan.stream?.streamId;
    if (peer === undefined || streamId === undefined) return;
    this.#outlet = new PeerOutlet({
      peer,
      streamId,
      charge: (sizeBytes) => listener.onSent(this, sizeBytes),
      onBufferedLow: (bufferedBytes) => listener.onBufferedLow(this, bufferedBytes),
    });
  }

  /** @param publication what the plan names; undefined while there is none */
  update(nowMs: number, plan: DataSubscriptionPlan, publication: DataPublication | undefined): void {
    // A subscription stays on its channel.
    this.plan = { ...plan, stream: this.plan.stream };
    if (this.#outlet !== undefined) this.#outlet.bufferedLowBytes = plan.bufferedLowBytes;
    if (this.#publication !== publication) this.#follow(publication);
    publication?.add(this);
    if (publication === undefined) return;
    if (this.#state === 'closed') this.#open(nowMs, publication);
    else if (this.#state === 'open') this.#catchUp(nowMs, publication);
  }

  /** Leaves its publication. */
  leave(): void {
    this.#follow(undefined);
  }

  /** Leaves its publication and its channel. */
  close(nowMs: number): void {
    this.leave();
    const streamId = this.plan.stream?.streamId;
    if (this.#state === 'closed' || streamId === undefined) return;
    this.#state = 'closed';
    this.peer?.release(nowMs, streamId, 'close');
  }

  /** A message of its publication. */
  send(nowMs: number, serial: number, message: DataMessage): void {
    if (this.plan.isPaused) return;
    if (this.#state === 'open') this.#sendOut(nowMs, message);
    else this.#early.add(nowMs, serial, message);
  }

  /** A message of the subscriber. */
  receive(nowMs: number, message: DataMessage): void {
    if (this.#state === 'opening' && this.plan.waitsForAck) this.#becomeOpen(nowMs);
    else this.#publication?.receiveReply(nowMs, message, this);
  }

  channelOpened(nowMs: number): void {
    if (!this.plan.waitsForAck) this.#becomeOpen(nowMs);
  }

  channelClosed(nowMs: number, reason: DataChannelEnd): void {
    this.#state = 'closed';
    this.#listener.onSubscriptionClosed(nowMs, this, subscriptionCloseReason(reason));
  }

  statistics(): DataSubscriptionStatistics {
    const { messagesSent = 0, bytesSent = 0, messagesDropped = 0, messagesTooLarge = 0, bufferedBytes = 0 } = this.#outlet ?? {};
    const { subscriptionId } = this.plan;
    return { subscriptionId, messagesSent, bytesSent, messagesDropped, messagesTooLarge, bufferedBytes };
  }

  #follow(publication: DataPublication | undefined): void {
    if (this.#publication === publication) return;
    this.#publication?.remove(this);
    this.#publication = publication;
    this.#hasRetained = false;
    this.#early.clear();
  }

  #open(nowMs: number, publication: DataPublication): void {
    const { stream, label, protocol } = this.plan;
    if (this.peer === undefined || stream === undefined) {
      this.#becomeOpen(nowMs);
      return;
    }
    const { streamId, isNegotiated } = stream;
    const { channels } = this.peer.port;
    this.#state = 'opening';
    // A channel that was left before, and is still there, is nobody's.
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
    if (this.#publication !== undefined) this.#catchUp(nowMs, this.#publication);
  }

  /** Sends what is retained and what has come before, each message once. */
  #catchUp(nowMs: number, publication: DataPublication): void {
    if (this.#hasRetained || this.plan.isPaused) return;
    this.#hasRetained = true;
    const early = this.#early.take(nowMs);
    const firstSerial = early[0]?.serial ?? Number.POSITIVE_INFINITY;
    for (const { serial, message } of publication.retained) if (serial < firstSerial) this.#sendOut(nowMs, message);
    for (const { message } of early) this.#sendOut(nowMs, message);
  }

  #sendOut(nowMs: number, message: DataMessage): void {
    const publication = this.#publication;
    if (publication === undefined || this.#state !== 'open') return;
    if (this.#outlet === undefined || this.peer === undefined) {
      this.#listener.onReceived(this, message);
      return;
    }
    switch (this.#outlet.send(nowMs, message, publication.plan.reliability)) {
      case 'taken':
        break;
      case 'dropped':
        this.#listener.onDropped();
        break;
      case 'too-large':
        this.#tellTooLarge(nowMs, message.data.length, this.peer.maxMessageBytes);
        break;
      case 'overflow':
        this.close(nowMs);
        this.#listener.onSubscriptionClosed(nowMs, this, 'overflow');
    }
  }

  #tellTooLarge(nowMs: number, sizeBytes: number, maxMessageBytes: number): void {
    if (nowMs < this.#toldTooLargeAtMs + TOO_LARGE_EVENT_INTERVAL_MS) return;
    this.#toldTooLargeAtMs = nowMs;
    this.#listener.onTooLarge(this, sizeBytes, maxMessageBytes);
  }
}

function subscriptionCloseReason(reason: DataChannelEnd): DataSubscriptionCloseReason {
  switch (reason) {
    case 'closed':
      return 'closed_by_peer';
    case 'message-too-large':
      return 'message_too_large';
    case 'refused':
      return 'channel_refused';
  }
}
