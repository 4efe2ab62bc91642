/** The data channels of other sessions that one session subscribes to, and how they follow their publications. */
import type { DataSubscriptionCloseReason } from '@causeway/media';
import type { ErrorCode, SubscribeDataChannelItem } from '@causeway/protocol';
import type { DataSourceEndReason, DataSubscriptionEndReason } from '../../events.ts';
import type { DataChannelRecord } from '../../registry/index.ts';
import { type ChannelContext, full, noStream, type Refusal } from './channel-context.ts';
import { type DataFollower, dataNameKey } from './data-directory.ts';
import { type DataSubscription, reliabilityOf, replyRightOf } from './data-records.ts';

export type Subscribed = { readonly type: 'subscribed'; readonly subscription: DataSubscription; readonly isNew: boolean } | Refusal;

/** The properties of a subscription that can change while it exists. */
export type SubscriptionChange = Partial<Pick<DataSubscription, 'canReply' | 'isPaused'>>;

export class SubscribedChannels implements DataFollower {
  readonly #context: ChannelContext;
  /** Keyed by subscription id; undefined until there is one. */
  #subscriptions: Map<string, DataSubscription> | undefined = undefined;

  constructor(context: ChannelContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#subscriptions?.size ?? 0;
  }

  /** Returns all subscriptions, oldest first. */
  all(): readonly DataSubscription[] {
    return [...(this.#subscriptions?.values() ?? [])];
  }

  find(remoteSessionId: string, name: string): DataSubscription | undefined {
    return this.all().find((each) => each.remoteSessionId === remoteSessionId && each.name === name);
  }

  /** Subscribes to a published channel, once for each. */
  subscribe(item: SubscribeDataChannelItem, record: DataChannelRecord): Subscribed {
    const { isHosted } = this.#context.owner;
    const { remoteSessionId, dataChannelName: name } = item;
    const known = this.find(remoteSessionId, name);
    if (known !== undefined) return { type: 'subscribed', subscription: known, isNew: false };
    if (this.#context.isFull()) return full();
    const streamId = isHosted ? 0 : this.#context.nextStreamId();
    if (streamId === undefined) return noStream();
    const subscription: DataSubscription = {
      id: this.#context.nextId('e'),
      remoteSessionId,
      name,
      publicationId: record.publicationId,
      reliability: reliabilityOf(record),
      streamId,
      isNegotiated: item.negotiated ?? false,
      canReply: replyRightOf(item.canReply),
      waitsForAck: item.waitForAck ?? false,
      isPaused: item.paused ?? false,
      isOpen: isHosted,
    };
    this.#subscriptions ??= new Map();
    this.#subscriptions.set(subscription.id, subscription);
    this.#follow();
    this.#claimReplyRight(subscription);
    this.#context.sync();
    return { type: 'subscribed', subscription, isNew: true };
  }

  change(subscriptionId: string, change: SubscriptionChange): DataSubscription | undefined {
    const known = this.#subscriptions?.get(subscriptionId);
    if (known === undefined) return undefined;
    const changed = { ...known, ...change };
    this.#subscriptions?.set(subscriptionId, changed);
    if (known.canReply === 'one' && changed.canReply !== 'one') this.#releaseReplyRight(known);
    this.#claimReplyRight(changed);
    this.#context.sync();
    return changed;
  }

  unsubscribe(subscriptionId: string, reason: DataSubscriptionEndReason): void {
    const known = this.#drop(subscriptionId);
    if (known === undefined) return;
    this.#context.sync();
    this.#context.reports.unsubscribed(known, reason);
    this.#context.silence(known.id, reason);
  }

  /** Drops all subscriptions, because the client has not agreed to data channels and cannot receive them. */
  failAll(errorCode: ErrorCode): void {
    const failed = this.all().flatMap(({ id }) => this.#drop(id) ?? []);
    if (failed.length > 0) this.#context.sync();
    for (const { name, remoteSessionId } of failed) this.#context.reports.failed(name, remoteSessionId, errorCode);
  }

  /** Ends all subscriptions, because the session has ended. */
  end(): void {
    for (const { id } of this.all()) {
      this.#drop(id);
      this.#context.silence(id, 'session_closed');
    }
  }

  // Events of the engine.

  onOpened(subscriptionId: string): void {
    const known = this.#subscriptions?.get(subscriptionId);
    if (known === undefined) return;
    const open = { ...known, isOpen: true };
    this.#subscriptions?.set(subscriptionId, open);
    this.#context.reports.subscribed(open);
  }

  onClosed(subscriptionId: string, reason: DataSubscriptionCloseReason): void {
    this.#context.forget(subscriptionId);
    const known = this.#drop(subscriptionId);
    if (known === undefined) return;
    const { reports } = this.#context;
    const end = reason === 'publication_closed' ? 'session_closed' : reason;
    if (end === 'overflow') reports.overflowed(known);
    else reports.unsubscribed(known, end);
    this.#context.silence(subscriptionId, end);
  }

  onMessageTooLarge(subscriptionId: string, sizeBytes: number, maxMessageBytes: number): void {
    const known = this.#subscriptions?.get(subscriptionId);
    if (known !== undefined) this.#context.reports.oversized(known, sizeBytes, maxMessageBytes);
  }

  // Events of other sessions.

  onDataPublished({ sessionId, dataChannelName, publicationId }: DataChannelRecord): void {
    const known = this.find(sessionId, dataChannelName);
    if (known === undefined || known.publicationId === publicationId) return;
    this.#subscriptions?.set(known.id, { ...known, publicationId });
    this.#context.sync();
  }

  onDataClosed({ sessionId, dataChannelName, publicationId }: DataChannelRecord, reason: DataSourceEndReason): void {
    const known = this.find(sessionId, dataChannelName);
    if (known?.publicationId !== publicationId) return;
    if (reason === 'session_closed' || reason === 'unreachable') {
      this.unsubscribe(known.id, reason);
      return;
    }
    // The channel stays open for the next publication of that name.
    this.#subscriptions?.set(known.id, { ...known, publicationId: undefined });
    this.#context.sync();
  }

  onReplyRightTaken(subscriptionId: string): void {
    const known = this.#subscriptions?.get(subscriptionId);
    if (known === undefined) return;
    this.#subscriptions?.set(subscriptionId, { ...known, canReply: 'none' });
    this.#context.sync();
  }

  onDefect(error: unknown): void {
    this.#context.owner.onDefect(error);
  }

  #drop(subscriptionId: string): DataSubscription | undefined {
    const known = this.#subscriptions?.get(subscriptionId);
    if (known === undefined) return undefined;
    this.#subscriptions?.delete(subscriptionId);
    this.#releaseReplyRight(known);
    this.#follow();
    return known;
  }

  #follow(): void {
    const keys = new Set(this.all().map(({ remoteSessionId, name }) => dataNameKey(remoteSessionId, name)));
    this.#context.owner.parts.dataDirectory.follow(this, keys);
  }

  #claimReplyRight({ id, canReply, remoteSessionId, name }: DataSubscription): void {
    if (canReply !== 'one') return;
    const { dataDirectory } = this.#context.owner.parts;
    dataDirectory.takeReplyRight(dataNameKey(remoteSessionId, name), { follower: this, subscriptionId: id });
  }

  #releaseReplyRight({ id, remoteSessionId, name }: DataSubscription): void {
    this.#context.owner.parts.dataDirectory.releaseReplyRight(dataNameKey(remoteSessionId, name), id);
  }
}
