/**
 * All data publications and subscriptions of one engine. It executes the commands about them, passes the messages of peers to the
 * publications that they belong to, and emits events about both.
 *
 * @see docs/adr/0021-data-is-published-and-subscribed-to.md
 */
import { DEFAULT_DATA_LIMITS } from '../../plan.ts';
import { Audiences } from '../../router/track-router.ts';
import type { EngineTime, Timer, Timers } from '../../timers.ts';
import { MAX_MESSAGE_BYTES } from '../association/association-limits.ts';
import { type DataChannelInfo, type DataMessage, messageOf } from '../data-channel.ts';
import type { DataPeerPlan, DataPublicationPlan, DataStatistics, DataSubscriptionPlan } from '../data-plan.ts';
import { contentOf, createDataListeners, type DataReportOptions } from './data-listeners.ts';
import { type DataChannelEnd, DataPeer, type DataPort } from './data-peer.ts';
import { DataPublication, type DataPublicationListener } from './data-publication.ts';
import { DataSubscription, type DataSubscriptionListener } from './data-subscription.ts';
import { MAX_NUMBER } from './numbered-message.ts';
import { RecentPool } from './recent-messages.ts';

export interface DataRouterOptions extends DataReportOptions {
  readonly time: EngineTime;
  readonly timers: Timers;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A peer with its publications and subscriptions. */
interface Member {
  readonly peer: DataPeer;
  readonly publications: Set<DataPublication>;
  readonly subscriptions: Set<DataSubscription>;
}

export class DataRouter implements Timer {
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #options: DataRouterOptions;
  readonly #members = new Map<string, Member>();
  /** Peers with messages that have not been claimed. */
  readonly #holding = new Set<DataPeer>();
  readonly #publications = new Map<string, DataPublication>();
  readonly #subscriptions = new Map<string, DataSubscription>();
  readonly #audiences = new Audiences<DataSubscription>();
  readonly #recent = new RecentPool();
  readonly #publicationListener: DataPublicationListener;
  readonly #subscriptionListener: DataSubscriptionListener;

  constructor(options: DataRouterOptions) {
    this.#options = options;
    const { publicationListener, subscriptionListener } = createDataListeners(options, {
      end: (nowMs, publication) => this.#end(nowMs, publication),
      forget: (subscription) => this.#forget(subscription),
    });
    this.#publicationListener = publicationListener;
    this.#subscriptionListener = subscriptionListener;
  }

  get publicationCount(): number {
    return this.#publications.size;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  /** @param messagesPerSecond that a client may send; links are not limited */
  addPeer(port: DataPort, messagesPerSecond = DEFAULT_DATA_LIMITS.messagesPerSecond): void {
    const peer = new DataPeer(port, messagesPerSecond);
    this.#members.set(port.id, { peer, publications: new Set(), subscriptions: new Set() });
  }

  /** Ends all publications and subscriptions of a peer. Events are emitted only for subscriptions of other peers. */
  removePeer(nowMs: number, peerId: string): void {
    const member = this.#members.get(peerId);
    if (member === undefined) return;
    for (const subscription of [...member.subscriptions]) this.#forget(subscription);
    for (const publication of [...member.publications]) this.#end(nowMs, publication);
    this.#members.delete(peerId);
    this.#holding.delete(member.peer);
    this.#schedule();
  }

  setPeer(nowMs: number, { transportId, maxMessageBytes }: DataPeerPlan): void {
    const peer = this.#members.get(transportId)?.peer;
    if (peer === undefined) return;
    peer.maxMessageBytes = maxMessageBytes;
    peer.isTold = true;
    peer.beginIfReady(nowMs);
  }

  /** Called when packets can reach the peer. */
  peerConnected(nowMs: number, peerId: string): void {
    const peer = this.#members.get(peerId)?.peer;
    if (peer === undefined) return;
    peer.isConnected = true;
    peer.beginIfReady(nowMs);
  }

  /** Whether a packet of this peer is let in. */
  admits(nowMs: number, peerId: string): boolean {
    return this.#members.get(peerId)?.peer.admits(nowMs) ?? false;
  }

  closeChannel(nowMs: number, peerId: string, streamId: number): void {
    const peer = this.#members.get(peerId)?.peer;
    peer?.port.channels.closeChannel(nowMs, streamId);
    this.#tellOwner(nowMs, peer, streamId, 'closed');
  }

  putPublication(nowMs: number, plan: DataPublicationPlan): void {
    const known = this.#publications.get(plan.publicationId);
    if (known !== undefined) {
      known.update(plan);
      return;
    }
    const peer = plan.transportId === undefined ? undefined : this.#members.get(plan.transportId)?.peer;
    if (plan.transportId !== undefined && peer === undefined) return;
    const publication = new DataPublication(plan, peer, this.#publicationListener, this.#recent);
    if (peer !== undefined && !claimChannel(nowMs, publication, peer)) {
      const { publicationId } = plan;
      this.#options.onEvent({ type: 'data-publication-closed', publicationId, reason: 'channel_gone' });
      return;
    }
    this.#publications.set(plan.publicationId, publication);
    this.#memberOf(peer)?.publications.add(publication);
    // Messages that arrived before are retained, and go to subscriptions that wait. Channels are opened after that, since the burst could
    // overflow them at once.
    const audience = [...this.#audiences.of(plan.publicationId)];
    for (const subscription of audience) subscription.follow(nowMs, subscription.plan, publication);
    for (const message of peer?.held.take(plan.stream?.streamId ?? -1) ?? []) publication.receive(nowMs, message);
    for (const subscription of audience) subscription.openChannel(nowMs);
  }

  removePublication(nowMs: number, publicationId: string, then: 'close' | 'keep'): void {
    const publication = this.#publications.get(publicationId);
    if (publication === undefined) return;
    this.#end(nowMs, publication);
    const streamId = publication.plan.stream?.streamId;
    if (streamId !== undefined) publication.peer?.release(nowMs, streamId, then);
  }

  putSubscription(nowMs: number, plan: DataSubscriptionPlan): void {
    const known = this.#subscriptions.get(plan.subscriptionId);
    const peer = plan.transportId === undefined ? undefined : this.#members.get(plan.transportId)?.peer;
    if (plan.transportId !== undefined && peer === undefined) return;
    const subscription = known ?? new DataSubscription(plan, peer, this.#subscriptionListener, this.#newOrigin());
    this.#subscriptions.set(plan.subscriptionId, subscription);
    this.#memberOf(peer)?.subscriptions.add(subscription);
    this.#audiences.move(subscription, known?.plan.publicationId, plan.publicationId);
    subscription.update(nowMs, plan, plan.publicationId === undefined ? undefined : this.#publications.get(plan.publicationId));
    this.#deliverHeld(nowMs, subscription);
  }

  removeSubscription(nowMs: number, subscriptionId: string): void {
    const subscription = this.#subscriptions.get(subscriptionId);
    if (subscription === undefined) return;
    this.#forget(subscription);
    subscription.close(nowMs);
  }

  /** Publishes a message of this process. */
  publish(nowMs: number, publicationId: string, data: Uint8Array | string): void {
    const publication = this.#publications.get(publicationId);
    const message = this.#ownMessage(data);
    if (publication?.peer === undefined && message !== undefined) publication?.receive(nowMs, message);
  }

  /** Sends a reply of a subscriber in this process. */
  reply(nowMs: number, subscriptionId: string, data: Uint8Array | string): void {
    const subscription = this.#subscriptions.get(subscriptionId);
    const message = this.#ownMessage(data);
    if (subscription?.peer === undefined && message !== undefined) subscription?.receive(nowMs, message);
  }

  /** Handles that our OPEN was sent. Messages may follow it, although the peer has yet to answer. */
  handleAnnounced(peerId: string, streamId: number): void {
    this.#members.get(peerId)?.peer.ownerOf(streamId)?.channelAnnounced(this.#options.time.nowMs);
  }

  handleOpened(peerId: string, channel: DataChannelInfo): void {
    const owner = this.#members.get(peerId)?.peer.ownerOf(channel.streamId);
    if (owner === undefined) this.#options.onEvent({ type: 'data-channel-opened', transportId: peerId, ...channel });
    else owner?.channelOpened(this.#options.time.nowMs);
  }

  handleClosed(peerId: string, streamId: number, reason: 'closed' | 'refused'): void {
    const peer = this.#members.get(peerId)?.peer;
    if (peer === undefined) return;
    const owner = peer.ownerOf(streamId);
    peer.forget(streamId);
    if (owner === undefined) this.#options.onEvent({ type: 'data-channel-closed', transportId: peerId, streamId });
    else owner?.channelClosed(this.#options.time.nowMs, reason);
  }

  /** Handles a message that is too long. Its channel is closed, and `handleClosed` follows later. */
  handleOversized(peerId: string, streamId: number): void {
    this.#tellOwner(this.#options.time.nowMs, this.#members.get(peerId)?.peer, streamId, 'message-too-large');
  }

  handleMessage(peerId: string, streamId: number, message: DataMessage): void {
    const { nowMs } = this.#options.time;
    const peer = this.#members.get(peerId)?.peer;
    if (peer === undefined) return;
    const owner = peer.ownerOf(streamId);
    peer.noteMessage();
    if (owner !== undefined) owner?.receive(nowMs, message);
    else if (peer.port.isLink && peer.port.channels.channel(streamId) !== undefined) this.#tellMessage(peerId, streamId, message);
    else this.#hold(nowMs, peer, streamId, message);
  }

  statistics(): DataStatistics {
    return {
      publications: Array.from(this.#publications.values(), (publication) => publication.statistics()),
      subscriptions: Array.from(this.#subscriptions.values(), (subscription) => subscription.statistics()),
    };
  }

  /** Drops messages that were not claimed in time. */
  fire(nowMs: number): void {
    for (const peer of this.#holding) {
      this.#options.counters.unclaimedMessages += peer.held.expire(nowMs);
      if (peer.held.bytes === 0) this.#holding.delete(peer);
    }
    this.#schedule();
  }

  fail(error: unknown): void {
    this.#options.onEvent({ type: 'defect', transportId: undefined, error });
  }

  /** Tells the owner of a channel that it ends. The owner is not told again when the peer confirms it. */
  #tellOwner(nowMs: number, peer: DataPeer | undefined, streamId: number, reason: DataChannelEnd): void {
    const owner = peer?.ownerOf(streamId);
    if (owner === undefined || owner === null) return;
    peer?.leave(streamId);
    owner.channelClosed(nowMs, reason);
  }

  #memberOf(peer: DataPeer | undefined): Member | undefined {
    return peer === undefined ? undefined : this.#members.get(peer.port.id);
  }

  #hold(nowMs: number, peer: DataPeer, streamId: number, message: DataMessage): void {
    if (!peer.held.add(nowMs, streamId, message)) {
      this.#options.counters.unclaimedMessages++;
    } else if (!this.#holding.has(peer)) {
      this.#holding.add(peer);
      this.#schedule();
    }
  }

  #schedule(): void {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { held } of this.#holding) nextMs = Math.min(nextMs, held.nextExpiryMs);
    this.#options.timers.schedule(nextMs, this);
  }

  /** Delivers messages that arrived on a link before this subscription was put here. */
  #deliverHeld(nowMs: number, { peer, plan }: DataSubscription): void {
    const streamId = plan.stream?.streamId;
    if (peer === undefined || streamId === undefined || peer.held.bytes === 0) return;
    const owner = peer.ownerOf(streamId);
    for (const message of peer.held.take(streamId)) owner?.receive(nowMs, message);
  }

  #tellMessage(transportId: string, streamId: number, message: DataMessage): void {
    this.#options.onEvent({ type: 'data-channel-message', transportId, streamId, data: contentOf(message) });
  }

  #ownMessage(data: Uint8Array | string): DataMessage | undefined {
    const message = messageOf(data);
    if (message.data.length <= MAX_MESSAGE_BYTES) return message;
    this.#options.counters.oversizedMessages++;
    return undefined;
  }

  /** A number that identifies a subscriber among those of all nodes; 48 random bits are enough for that. */
  #newOrigin(): number {
    return 1 + Math.floor(this.#options.random() * (MAX_NUMBER - 1));
  }

  /** Ends a publication, without closing its channel. */
  #end(nowMs: number, publication: DataPublication): void {
    this.#publications.delete(publication.plan.publicationId);
    publication.close();
    this.#memberOf(publication.peer)?.publications.delete(publication);
    for (const subscription of [...this.#audiences.of(publication.plan.publicationId)]) {
      if (subscription.plan.isSticky) subscription.update(nowMs, subscription.plan, undefined);
      else {
        subscription.close(nowMs);
        this.#subscriptionListener.onSubscriptionClosed(nowMs, subscription, 'publication_closed');
      }
    }
  }

  /** Removes a subscription, without closing its channel. */
  #forget(subscription: DataSubscription): void {
    const { subscriptionId, publicationId } = subscription.plan;
    this.#subscriptions.delete(subscriptionId);
    this.#memberOf(subscription.peer)?.subscriptions.delete(subscription);
    this.#audiences.move(subscription, publicationId, undefined);
    subscription.leave();
  }
}

/** @returns whether the publication has its channel, either opened by the peer or negotiated */
function claimChannel(nowMs: number, publication: DataPublication, peer: DataPeer): boolean {
  const { stream, reliability } = publication.plan;
  if (stream === undefined || peer.ownerOf(stream.streamId) !== undefined) return false;
  const { streamId, isNegotiated } = stream;
  const { channels } = peer.port;
  peer.claim(streamId, publication);
  const isThere = isNegotiated
    ? channels.openOn(nowMs, { streamId, label: '', protocol: '', ...reliability }, { isNegotiated })
    : channels.isOpen(streamId);
  if (!isThere) peer.disclaim(streamId);
  return isThere;
}
