/**
 * The data channels of one session: what it publishes, what it subscribes to, and everything that
 * follows when that changes. Like the session's tracks they change in one step, without waiting,
 * and the engine, the subscribers and the registry follow.
 */
import type { DataChannelInfo, DataPublicationCloseReason, DataReliability, DataSubscriptionCloseReason } from '@causeway/media';
import {
  type AppId,
  DataChannelName,
  type ErrorCode,
  LIMITS,
  type PublishDataChannelItem,
  parseDataChannelName,
  type SessionId,
  type SubscribeDataChannelItem,
} from '@causeway/protocol';
import type { DataChannelCloseReason, DataSubscriptionEndReason } from '../../events.ts';
import { agreedData, type Negotiation } from '../../negotiation/index.ts';
import type { DataChannelRecord } from '../../registry/index.ts';
import type { SessionParts } from '../session-parts.ts';
import { DataPlanApplier } from './apply-data-plan.ts';
import { type DataFollower, dataNameKey } from './data-directory.ts';
import type { DataMessage, HostedListener } from './data-participant.ts';
import {
  channelRecord,
  type DataPublication,
  type DataSubscription,
  reliabilityOf,
  replyRightOf,
  retainedMessages,
} from './data-records.ts';
import { DataReports } from './data-reports.ts';
import { StreamIds } from './stream-ids.ts';

/** The session as its data channels need it. */
export interface DataOwner {
  readonly appId: AppId;
  readonly id: SessionId;
  readonly parts: SessionParts;
  readonly negotiation: Negotiation;
  /** Whether channels that the page opens are published by themselves. */
  readonly autoPublish: boolean;
  /** It belongs to this process, and has no peer. */
  readonly isHosted: boolean;
  mayPublishData(name: string): boolean;
  announceDataChannel(record: DataChannelRecord): void;
  withdrawDataChannel(record: DataChannelRecord): void;
  onDefect(error: unknown): void;
}

export interface Refusal {
  readonly type: 'failed';
  readonly code: ErrorCode;
  readonly description: string;
}

export type Published = { readonly type: 'published'; readonly publication: DataPublication; readonly isNew: boolean } | Refusal;
export type Subscribed = { readonly type: 'subscribed'; readonly subscription: DataSubscription; readonly isNew: boolean } | Refusal;

/** What of a subscription can be changed while it lasts. */
export type SubscriptionChange = Partial<Pick<DataSubscription, 'canReply' | 'isPaused'>>;

export class SessionData implements DataFollower {
  readonly reports: DataReports;
  readonly #owner: DataOwner;
  readonly #applier: DataPlanApplier;
  readonly #streamIds = new StreamIds();
  /** By name. */
  readonly #publications = new Map<string, DataPublication>();
  /** By id. */
  readonly #subscriptions = new Map<string, DataSubscription>();
  /** Channels that the page has opened and nobody has published, by stream id. */
  readonly #unpublished = new Map<number, DataChannelInfo>();
  /** What others know of the publications, by id. */
  readonly #announced = new Map<string, DataChannelRecord>();
  /** Channels of this process, by the id of the publication or subscription. */
  readonly #listeners = new Map<string, HostedListener>();
  #named = 0;
  #transportId: string | undefined = undefined;
  #hasEnded = false;

  constructor(owner: DataOwner) {
    this.#owner = owner;
    this.#applier = new DataPlanApplier(owner.parts.shard);
    this.reports = new DataReports(owner.appId, owner.id, owner.parts.onEvent);
  }

  get publications(): readonly DataPublication[] {
    return [...this.#publications.values()];
  }

  get subscriptions(): readonly DataSubscription[] {
    return [...this.#subscriptions.values()];
  }

  /** Publishes a channel, or changes what it keeps for later subscribers. */
  publish(item: PublishDataChannelItem): Published {
    const known = this.#publications.get(item.dataChannelName);
    if (known !== undefined) return this.#republish(known, item);
    const open = [...this.#unpublished.values()].find(({ label }) => label === item.dataChannelName);
    if (open !== undefined && item.negotiated === true) {
      return conflict(`channel ${item.dataChannelName} is open already, not by agreement but by its label`);
    }
    if (this.#isFull) return full();
    const streamId = item.negotiated === true && !this.#owner.isHosted ? this.#nextStreamId() : open?.streamId;
    if (item.negotiated === true && streamId === undefined && !this.#owner.isHosted) return noStream();
    if (open !== undefined) this.#unpublished.delete(open.streamId);
    const publication: DataPublication = {
      id: this.#nextId('d'),
      name: item.dataChannelName,
      reliability: open === undefined ? requestedReliability(item) : reliabilityOf(open),
      retain: retainedMessages(item.retain ?? 'none'),
      isBus: item.bus ?? false,
      isNegotiated: item.negotiated ?? false,
      streamId,
    };
    this.#put(publication);
    return { type: 'published', publication, isNew: true };
  }

  /** Subscribes to a channel that is published; once for each. */
  subscribe(item: SubscribeDataChannelItem, record: DataChannelRecord): Subscribed {
    const { remoteSessionId, dataChannelName: name } = item;
    const known = this.findSubscription(remoteSessionId, name);
    if (known !== undefined) return { type: 'subscribed', subscription: known, isNew: false };
    if (this.#isFull) return full();
    const streamId = this.#owner.isHosted ? 0 : this.#nextStreamId();
    if (streamId === undefined) return noStream();
    const subscription: DataSubscription = {
      id: this.#nextId('e'),
      remoteSessionId,
      name,
      publicationId: record.publicationId,
      reliability: reliabilityOf(record),
      streamId,
      isNegotiated: item.negotiated ?? false,
      canReply: replyRightOf(item.canReply),
      waitsForAck: item.waitForAck ?? false,
      isPaused: item.paused ?? false,
      isOpen: this.#owner.isHosted,
    };
    this.#subscriptions.set(subscription.id, subscription);
    this.#follow();
    this.#claimReplyRight(subscription);
    this.sync();
    return { type: 'subscribed', subscription, isNew: true };
  }

  findSubscription(remoteSessionId: string, name: string): DataSubscription | undefined {
    return this.subscriptions.find((each) => each.remoteSessionId === remoteSessionId && each.name === name);
  }

  change(subscriptionId: string, change: SubscriptionChange): DataSubscription | undefined {
    const known = this.#subscriptions.get(subscriptionId);
    if (known === undefined) return undefined;
    const changed = { ...known, ...change };
    this.#subscriptions.set(subscriptionId, changed);
    if (known.canReply === 'one' && changed.canReply !== 'one') this.#releaseReplyRight(known);
    this.#claimReplyRight(changed);
    this.sync();
    return changed;
  }

  unpublish(name: string, reason: DataChannelCloseReason): void {
    const known = this.#publications.get(name);
    if (known === undefined) return;
    this.#publications.delete(name);
    this.#withdraw(known, reason);
    this.sync();
  }

  unsubscribe(subscriptionId: string, reason: DataSubscriptionEndReason): void {
    const known = this.#drop(subscriptionId);
    if (known === undefined) return;
    this.sync();
    this.reports.unsubscribed(known, reason);
    this.#silence(known.id, reason);
  }

  /**
   * The client has not agreed to data channels, so what it has subscribed to cannot be brought to
   * it.
   */
  failSubscriptions(errorCode: ErrorCode): void {
    for (const { id } of this.subscriptions) this.fail(id, errorCode);
  }

  fail(subscriptionId: string, errorCode: ErrorCode): void {
    const known = this.#drop(subscriptionId);
    if (known === undefined) return;
    this.sync();
    this.reports.failed(known.name, known.remoteSessionId, errorCode);
  }

  /** Who hears of a channel of this process, until it is closed. */
  listen(id: string, listener: HostedListener): void {
    this.#listeners.set(id, listener);
  }

  /**
   * The engine is told what it does not know yet. To be called whenever the transport, or what the
   * client has agreed to, may have changed.
   */
  sync(): void {
    if (this.#hasEnded) return;
    const { negotiation, appId, isHosted } = this.#owner;
    const { transport } = negotiation;
    if (transport?.id !== this.#transportId) this.#moveTo(transport?.id);
    // Without a transport there is nothing that the engine could put channels on.
    const isReady = isHosted || transport !== undefined;
    this.#applier.apply({
      transport: { transportId: transport?.id, account: appId },
      agreed: agreedData(negotiation),
      publications: isReady ? this.#publications.values() : [],
      subscriptions: isReady ? this.#subscriptions.values() : [],
    });
  }

  /** The session has ended, and the transport with it. */
  end(): void {
    for (const publication of this.publications) this.#withdraw(publication, 'session_closed');
    // A session of this process has no transport that could take its channels along.
    if (this.#owner.isHosted)
      this.#applier.apply({ transport: this.#hostedTransport, agreed: undefined, publications: [], subscriptions: [] });
    for (const { id } of this.subscriptions) {
      this.#drop(id);
      this.#silence(id, 'session_closed');
    }
    this.#publications.clear();
    this.#unpublished.clear();
    this.#hasEnded = true;
  }

  // What the engine tells.

  onChannelOpened(transportId: string, channel: DataChannelInfo): void {
    if (transportId !== this.#owner.negotiation.transport?.id) return;
    const { label, streamId } = channel;
    const known = this.#publications.get(label);
    if (known !== undefined && known.streamId === undefined) {
      this.#put({ ...known, streamId, reliability: reliabilityOf(channel) });
      return;
    }
    if (known !== undefined && !known.isNegotiated) {
      this.#replace(known, channel);
      return;
    }
    this.#unpublished.set(streamId, channel);
    if (!this.#owner.autoPublish) return;
    const code = this.#problemOf(label, known);
    if (code !== undefined) this.#refuse(channel, code);
    else this.publish({ dataChannelName: DataChannelName.parse(label) });
  }

  onChannelClosed(streamId: number): void {
    this.#unpublished.delete(streamId);
  }

  onPublicationClosed(publicationId: string, reason: DataPublicationCloseReason): void {
    const known = this.publications.find(({ id }) => id === publicationId);
    if (known === undefined) return;
    this.#applier.forget(publicationId);
    this.unpublish(known.name, reason);
  }

  onSubscriptionOpened(subscriptionId: string): void {
    const known = this.#subscriptions.get(subscriptionId);
    if (known === undefined) return;
    const open = { ...known, isOpen: true };
    this.#subscriptions.set(subscriptionId, open);
    this.reports.subscribed(open);
  }

  onSubscriptionClosed(subscriptionId: string, reason: DataSubscriptionCloseReason): void {
    this.#applier.forget(subscriptionId);
    const known = this.#drop(subscriptionId);
    if (known === undefined) return;
    if (reason === 'overflow') this.reports.overflowed(known);
    else this.reports.unsubscribed(known, reason === 'publication_closed' ? 'session_closed' : reason);
    if (reason !== 'overflow' && reason !== 'publication_closed') this.#silence(subscriptionId, reason);
  }

  onMessageTooLarge(subscriptionId: string, sizeBytes: number, maxMessageBytes: number): void {
    const known = this.#subscriptions.get(subscriptionId);
    if (known !== undefined) this.reports.oversized(known, sizeBytes, maxMessageBytes);
  }

  /**
   * A message for this process.
   *
   * @param id of its subscription, or of the publication that a subscriber replies to
   */
  onReceived(id: string, message: DataMessage): void {
    this.#listeners.get(id)?.onMessage(message);
  }

  // What other sessions tell.

  onDataPublished({ sessionId, dataChannelName, publicationId }: DataChannelRecord): void {
    const known = this.findSubscription(sessionId, dataChannelName);
    if (known === undefined || known.publicationId === publicationId) return;
    this.#subscriptions.set(known.id, { ...known, publicationId });
    this.sync();
  }

  onDataClosed({ sessionId, dataChannelName, publicationId }: DataChannelRecord, reason: DataChannelCloseReason): void {
    const known = this.findSubscription(sessionId, dataChannelName);
    if (known?.publicationId !== publicationId) return;
    if (reason === 'session_closed') {
      this.unsubscribe(known.id, 'session_closed');
      return;
    }
    // The channel stays open for the next publication of that name.
    this.#subscriptions.set(known.id, { ...known, publicationId: undefined });
    this.sync();
  }

  onReplyRightTaken(subscriptionId: string): void {
    const known = this.#subscriptions.get(subscriptionId);
    if (known === undefined) return;
    this.#subscriptions.set(subscriptionId, { ...known, canReply: 'none' });
    this.sync();
  }

  onDefect(error: unknown): void {
    this.#owner.onDefect(error);
  }

  get #isFull(): boolean {
    return this.#publications.size + this.#subscriptions.size >= LIMITS.maxDataChannelsPerSession;
  }

  get #hostedTransport() {
    return { transportId: undefined, account: this.#owner.appId };
  }

  /**
   * Channels that the page has opened end with their transport. Those made by agreement are made
   * again on the new one.
   */
  #moveTo(transportId: string | undefined): void {
    this.#transportId = transportId;
    this.#unpublished.clear();
    const gone = this.publications.filter(({ streamId, isNegotiated }) => streamId !== undefined && !isNegotiated);
    for (const publication of gone) {
      this.#publications.delete(publication.name);
      this.#withdraw(publication, 'channel_gone');
    }
  }

  /**
   * Settings of a channel that is open, or was agreed on, cannot be changed: the page has created
   * it with them.
   */
  #republish(known: DataPublication, item: PublishDataChannelItem): Published {
    const { dataChannelName: name, negotiated } = item;
    if (negotiated !== undefined && negotiated !== known.isNegotiated && !this.#owner.isHosted) {
      return conflict(`channel ${name} is published ${known.isNegotiated ? 'by agreement' : 'by its label'} already; close it first`);
    }
    const agrees = agreesWith(item, known.reliability);
    if (!agrees && known.streamId !== undefined) {
      return conflict(`channel ${name} is ${describeReliability(known.reliability)}; that cannot be changed while it is open`);
    }
    const publication: DataPublication = {
      ...known,
      reliability: agrees ? known.reliability : requestedReliability(item),
      retain: item.retain === undefined ? known.retain : retainedMessages(item.retain),
      isBus: item.bus ?? known.isBus,
    };
    this.#put(publication);
    return { type: 'published', publication, isNew: false };
  }

  /** A page may open a channel again before its end of the former one has reached us. */
  #replace(former: DataPublication, channel: DataChannelInfo): void {
    this.unpublish(former.name, 'replaced');
    this.#put({ ...former, id: this.#nextId('d'), streamId: channel.streamId, reliability: reliabilityOf(channel) });
  }

  #problemOf(label: string, known: DataPublication | undefined): ErrorCode | undefined {
    if (parseDataChannelName(label) === undefined) return 'invalid_params';
    if (known !== undefined) return 'data_channel_conflict';
    if (this.#isFull) return 'quota_exceeded';
    return this.#owner.mayPublishData(label) ? undefined : 'forbidden';
  }

  /** The page sees its channel close, which it would not if messages on it merely went nowhere. */
  #refuse({ label, streamId }: DataChannelInfo, code: ErrorCode): void {
    this.#unpublished.delete(streamId);
    const transportId = this.#owner.negotiation.transport?.id;
    if (transportId !== undefined) this.#owner.parts.shard.send({ type: 'close-data-channel', transportId, streamId });
    this.reports.failed(label, undefined, code);
  }

  #put(publication: DataPublication): void {
    const { appId, id: sessionId, parts, isHosted } = this.#owner;
    this.#publications.set(publication.name, publication);
    // The engine first: subscribers that hear of the publication send it commands about it.
    this.sync();
    const record = channelRecord(appId, sessionId, publication, isHosted);
    const isNew = !this.#announced.has(publication.id);
    this.#announced.set(publication.id, record);
    parts.dataDirectory.put(record);
    this.#owner.announceDataChannel(record);
    if (isNew) this.reports.published(publication.name, publication.streamId);
  }

  #withdraw({ id, name }: DataPublication, reason: DataChannelCloseReason): void {
    const record = this.#announced.get(id);
    this.#announced.delete(id);
    if (record === undefined) return;
    this.#owner.parts.dataDirectory.remove(record, reason);
    this.#owner.withdrawDataChannel(record);
    this.reports.closed(name, reason);
    this.#silence(id, reason);
  }

  #silence(id: string, reason: DataChannelCloseReason | DataSubscriptionEndReason): void {
    const listener = this.#listeners.get(id);
    this.#listeners.delete(id);
    listener?.onClosed(reason);
  }

  #drop(subscriptionId: string): DataSubscription | undefined {
    const known = this.#subscriptions.get(subscriptionId);
    if (known === undefined) return undefined;
    this.#subscriptions.delete(subscriptionId);
    this.#releaseReplyRight(known);
    this.#follow();
    return known;
  }

  #follow(): void {
    const keys = new Set(this.subscriptions.map(({ remoteSessionId, name }) => dataNameKey(remoteSessionId, name)));
    this.#owner.parts.dataDirectory.follow(this, keys);
  }

  #claimReplyRight({ id, canReply, remoteSessionId, name }: DataSubscription): void {
    if (canReply !== 'one') return;
    this.#owner.parts.dataDirectory.takeReplyRight(dataNameKey(remoteSessionId, name), { follower: this, subscriptionId: id });
  }

  #releaseReplyRight({ id, remoteSessionId, name }: DataSubscription): void {
    this.#owner.parts.dataDirectory.releaseReplyRight(dataNameKey(remoteSessionId, name), id);
  }

  #nextId(letter: 'd' | 'e'): string {
    return `${this.#owner.id}/${letter}${this.#named++}`;
  }

  #nextStreamId(): number | undefined {
    const used = new Set<number>(this.#unpublished.keys());
    for (const { streamId } of this.#publications.values()) if (streamId !== undefined) used.add(streamId);
    for (const { streamId } of this.#subscriptions.values()) used.add(streamId);
    return this.#streamIds.next(this.#owner.negotiation.transport?.dtlsRole ?? 'server', used);
  }
}

function requestedReliability({ ordered = true, maxRetransmits, maxPacketLifeTime }: PublishDataChannelItem): DataReliability {
  return { ordered, maxRetransmits, maxPacketLifeTimeMs: maxPacketLifeTime };
}

/** What the item does not name is left as it is. */
function agreesWith(item: PublishDataChannelItem, reliability: DataReliability): boolean {
  const { ordered = reliability.ordered, maxRetransmits, maxPacketLifeTime } = item;
  if (ordered !== reliability.ordered) return false;
  if (maxRetransmits === undefined && maxPacketLifeTime === undefined) return true;
  return maxRetransmits === reliability.maxRetransmits && maxPacketLifeTime === reliability.maxPacketLifeTimeMs;
}

function describeReliability({ ordered, maxRetransmits, maxPacketLifeTimeMs }: DataReliability): string {
  const order = ordered ? 'ordered' : 'unordered';
  if (maxRetransmits !== undefined) return `${order} with maxRetransmits ${maxRetransmits}`;
  return maxPacketLifeTimeMs === undefined ? `${order} and reliable` : `${order} with maxPacketLifeTime ${maxPacketLifeTimeMs}`;
}

function conflict(description: string): Refusal {
  return { type: 'failed', code: 'data_channel_conflict', description };
}

function full(): Refusal {
  return { type: 'failed', code: 'quota_exceeded', description: `a session has at most ${LIMITS.maxDataChannelsPerSession} data channels` };
}

function noStream(): Refusal {
  return { type: 'failed', code: 'quota_exceeded', description: 'no stream id is left in this session' };
}
