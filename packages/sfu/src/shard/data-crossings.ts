/**
 * Data publications that have subscribers on other shards. Each crosses to such a shard once, on a stream of the link
 * between the two. To the publisher's shard, the crossing is a subscriber; to the other shard it is a publisher, whose
 * messages carry the publication's numbers (`feedsCopy`).
 */
import type { DataPublicationPlan, DataStatistics, DataSubscriptionCloseReason, DataSubscriptionPlan, EngineEvent } from '@causeway/media';
import type { CrossingWay, FindWay } from './track-crossings.ts';

/** A shard's event about a data publication or subscription. */
export type DataEvent = Exclude<Extract<EngineEvent, { readonly type: `data-${string}` }>, { readonly transportId: string }>;

export function isDataEvent(event: EngineEvent): event is DataEvent {
  return event.type.startsWith('data-') && !('transportId' in event);
}

interface Source {
  readonly shardNo: number;
  readonly plan: DataPublicationPlan;
}

interface Watcher {
  readonly shardNo: number;
  readonly plan: DataSubscriptionPlan;
}

interface Crossing {
  readonly publicationId: string;
  readonly toShardNo: number;
  readonly way: CrossingWay;
  /** The id of the subscription on the publisher's shard. */
  readonly subscriptionId: string;
  readonly streamId: number;
  /** `ending`: earlier messages still cross. `overflow`: the same, because the link could not keep up. */
  state: 'open' | 'ending' | 'overflow';
}

/** The number of streams of a link, which crossings in both directions share. */
const MAX_STREAMS = 65_535;

export class DataCrossings {
  readonly #findWay: FindWay;
  readonly #onIdle: (linkId: string) => void;
  readonly #sources = new Map<string, Source>();
  readonly #watchers = new Map<string, Watcher>();
  /** Subscriptions by publication. */
  readonly #watched = new Map<string, Set<string>>();
  /** Crossings by publication, then by the shard that they lead to. */
  readonly #crossings = new Map<string, Map<number, Crossing>>();
  /** The last stream used, by link. */
  readonly #lastStream = new Map<string, number>();

  /** @param onIdle called with a link that no data crosses any more */
  constructor(findWay: FindWay, onIdle: (linkId: string) => void) {
    this.#findWay = findWay;
    this.#onIdle = onIdle;
  }

  /** The number of crossings: each publication counts once for every shard that it crosses to. */
  get size(): number {
    let size = 0;
    for (const crossings of this.#crossings.values()) size += crossings.size;
    return size;
  }

  shardNoOfPublication(publicationId: string): number | undefined {
    return this.#sources.get(publicationId)?.shardNo;
  }

  shardNoOfSubscription(subscriptionId: string): number | undefined {
    return this.#watchers.get(subscriptionId)?.shardNo;
  }

  /** Whether data crosses this link. */
  isUsing(linkId: string): boolean {
    for (const crossing of this.#all()) if (crossing.way.transportId === linkId) return true;
    return false;
  }

  /** Called after the plan was given to its shard. */
  putSource(shardNo: number, plan: DataPublicationPlan): void {
    this.#sources.set(plan.publicationId, { shardNo, plan });
    for (const toShardNo of this.#shardsWatching(plan.publicationId)) this.#update(plan.publicationId, toShardNo);
    // A changed bus property or retention also concerns the copies.
    for (const crossing of this.#crossings.get(plan.publicationId)?.values() ?? []) putCopy(crossing, plan);
  }

  /** The publication has ended or is about to. Earlier messages still cross, and then its copies end by themselves. */
  removeSource(publicationId: string): void {
    this.#sources.delete(publicationId);
    for (const crossing of this.#crossings.get(publicationId)?.values() ?? []) crossing.state = 'ending';
  }

  /** @param apply gives the plan to its shard; called while both the new publication and the one followed before cross */
  putSubscription(shardNo: number, plan: DataSubscriptionPlan, apply: () => void): void {
    const { subscriptionId, publicationId } = plan;
    const before = this.#watchers.get(subscriptionId)?.plan.publicationId;
    this.#watchers.set(subscriptionId, { shardNo, plan });
    if (before !== undefined && before !== publicationId) this.#unwatch(before, subscriptionId);
    if (publicationId !== undefined) {
      this.#watched.set(publicationId, (this.#watched.get(publicationId) ?? new Set()).add(subscriptionId));
      this.#update(publicationId, shardNo);
    }
    apply();
    if (before !== undefined && before !== publicationId) this.#update(before, shardNo);
  }

  /** Called once its shard knows that the subscription has ended. */
  removeSubscription(subscriptionId: string): void {
    const watcher = this.#watchers.get(subscriptionId);
    if (watcher === undefined) return;
    this.#watchers.delete(subscriptionId);
    const { publicationId } = watcher.plan;
    if (publicationId === undefined) return;
    this.#unwatch(publicationId, subscriptionId);
    this.#update(publicationId, watcher.shardNo);
  }

  /** Removes everything that ended with a transport. */
  removeTransport(transportId: string): void {
    this.#removeWhere((plan) => plan.transportId === transportId);
  }

  /**
   * Removes what belonged to this process on a lost shard. The owner may put it again.
   *
   * @returns the events that the shard can no longer report
   */
  removeOwnOn(lostShardNo: number): EngineEvent[] {
    const { publications, subscriptions } = this.#removeWhere(
      ({ transportId }, shardNo) => transportId === undefined && shardNo === lostShardNo,
    );
    return [
      ...publications.map((publicationId) => ({ type: 'data-publication-closed', publicationId, reason: 'channel_gone' }) as const),
      ...subscriptions.map(
        (subscriptionId) => ({ type: 'data-subscription-closed', subscriptionId, reason: 'publication_closed' }) as const,
      ),
    ];
  }

  /** Removes everything that crossed a link that is gone; the next link starts with unused streams. */
  linkLost(linkId: string): void {
    this.#lastStream.delete(linkId);
    for (const crossing of this.#all()) if (crossing.way.transportId === linkId) this.#forget(crossing);
  }

  /** A shard has started, so crossings to and from it may be possible now. */
  shardCame(shardNo: number): void {
    for (const publicationId of this.#watched.keys()) {
      const from = this.#sources.get(publicationId)?.shardNo;
      for (const to of this.#shardsWatching(publicationId)) if (from === shardNo || to === shardNo) this.#update(publicationId, to);
    }
  }

  /**
   * Handles a shard's event about a publication or subscription.
   *
   * @returns the event for the owner of the pool; undefined if it is about a crossing
   */
  handleEvent(shardNo: number, event: DataEvent): DataEvent | undefined {
    if ('subscriptionId' in event) return this.#handleSubscriptionEvent(shardNo, event);
    if (this.shardNoOfPublication(event.publicationId) !== shardNo) {
      if (event.type === 'data-publication-closed') this.#copyEnded(shardNo, event.publicationId);
      return undefined;
    }
    if (event.type === 'data-publication-closed') this.removeSource(event.publicationId);
    return event;
  }

  /** @returns the statistics of all shards, without the crossings */
  mergeStatistics(answers: readonly { readonly shardNo: number; readonly statistics: DataStatistics }[]): DataStatistics {
    return {
      publications: answers.flatMap(({ shardNo, statistics }) =>
        statistics.publications.filter(({ publicationId }) => this.shardNoOfPublication(publicationId) === shardNo),
      ),
      subscriptions: answers.flatMap(({ shardNo, statistics }) =>
        statistics.subscriptions.filter(({ subscriptionId }) => this.shardNoOfSubscription(subscriptionId) === shardNo),
      ),
    };
  }

  #handleSubscriptionEvent(shardNo: number, event: Extract<DataEvent, { readonly subscriptionId: string }>): DataEvent | undefined {
    const watcher = this.#watchers.get(event.subscriptionId);
    if (watcher?.shardNo === shardNo) {
      if (event.type !== 'data-subscription-closed') return event;
      const reason = this.#reasonOf(watcher, event.reason);
      this.removeSubscription(event.subscriptionId);
      return { ...event, reason };
    }
    if (event.type === 'data-subscription-closed') this.#upstreamEnded(event.subscriptionId, event.reason);
    return undefined;
  }

  /** Corrects the reason if the copy ended because the link could not keep up, which its shard cannot know. */
  #reasonOf({ plan, shardNo }: Watcher, reason: DataSubscriptionCloseReason): DataSubscriptionCloseReason {
    if (reason !== 'publication_closed' || plan.publicationId === undefined) return reason;
    return this.#crossings.get(plan.publicationId)?.get(shardNo)?.state === 'overflow' ? 'overflow' : reason;
  }

  #upstreamEnded(subscriptionId: string, reason: DataSubscriptionCloseReason): void {
    for (const crossing of this.#all()) {
      if (crossing.subscriptionId === subscriptionId) crossing.state = reason === 'overflow' ? 'overflow' : 'ending';
    }
  }

  /**
   * Everything sent on a crossing has arrived, and the crossing has ended. Subscribers that still wait for the
   * publication get another crossing.
   */
  #copyEnded(shardNo: number, publicationId: string): void {
    const crossing = this.#crossings.get(publicationId)?.get(shardNo);
    if (crossing === undefined) return;
    if (crossing.state === 'open')
      crossing.way.upstream.send({ type: 'remove-data-subscription', subscriptionId: crossing.subscriptionId });
    // This runs after the events about its subscriptions, which arrive with this one.
    queueMicrotask(() => {
      this.#forget(crossing);
      this.#update(publicationId, shardNo);
    });
  }

  /** Opens or closes the crossing of a publication to a shard, depending on whether it has subscribers there. */
  #update(publicationId: string, toShardNo: number): void {
    const source = this.#sources.get(publicationId);
    const crossing = this.#crossings.get(publicationId)?.get(toShardNo);
    const isWanted = this.#shardsWatching(publicationId).has(toShardNo);
    if (crossing !== undefined && crossing.state === 'open' && !isWanted) this.#close(crossing);
    else if (crossing === undefined && isWanted && source !== undefined && source.shardNo !== toShardNo) this.#open(source, toShardNo);
  }

  #open({ shardNo, plan }: Source, toShardNo: number): void {
    const way = this.#findWay(shardNo, toShardNo);
    if (way === undefined) return;
    const { publicationId } = plan;
    const streamId = this.#nextStream(way.transportId);
    const subscriptionId = `${publicationId}/to-shard-${toShardNo}-on-${streamId}`;
    const crossing: Crossing = { publicationId, toShardNo, way, subscriptionId, streamId, state: 'open' };
    const crossings = this.#crossings.get(publicationId) ?? new Map<number, Crossing>();
    this.#crossings.set(publicationId, crossings.set(toShardNo, crossing));
    putCopy(crossing, plan);
    way.upstream.send({
      type: 'put-data-subscription',
      plan: {
        subscriptionId,
        transportId: way.transportId,
        publicationId,
        stream: { streamId, isNegotiated: true },
        label: '',
        protocol: '',
        // The right to reply was decided on the subscriber's node.
        canReply: 'many',
        waitsForAck: false,
        isPaused: false,
        isSticky: false,
        // The copy may replace an earlier one, of which subscribers on the other shard have received a part.
        feedsCopy: plan.copyOf === undefined ? 'new' : 'resumed',
      },
    });
  }

  #close(crossing: Crossing): void {
    crossing.way.upstream.send({ type: 'remove-data-subscription', subscriptionId: crossing.subscriptionId });
    crossing.way.downstream.send({ type: 'remove-data-publication', publicationId: crossing.publicationId });
    this.#forget(crossing);
  }

  #forget(crossing: Crossing): void {
    const { publicationId, toShardNo, way } = crossing;
    const crossings = this.#crossings.get(publicationId);
    if (crossings?.get(toShardNo) !== crossing) return;
    crossings.delete(toShardNo);
    if (crossings.size === 0) this.#crossings.delete(publicationId);
    if (!this.isUsing(way.transportId)) this.#onIdle(way.transportId);
  }

  #removeWhere(isIt: (plan: DataPublicationPlan | DataSubscriptionPlan, shardNo: number) => boolean) {
    const publications = [...this.#sources].flatMap(([id, { plan, shardNo }]) => (isIt(plan, shardNo) ? [id] : []));
    const subscriptions = [...this.#watchers].flatMap(([id, { plan, shardNo }]) => (isIt(plan, shardNo) ? [id] : []));
    for (const publicationId of publications) this.removeSource(publicationId);
    for (const subscriptionId of subscriptions) this.removeSubscription(subscriptionId);
    return { publications, subscriptions };
  }

  #shardsWatching(publicationId: string): Set<number> {
    const shards = new Set<number>();
    for (const subscriptionId of this.#watched.get(publicationId) ?? []) {
      const shardNo = this.shardNoOfSubscription(subscriptionId);
      if (shardNo !== undefined) shards.add(shardNo);
    }
    return shards;
  }

  #unwatch(publicationId: string, subscriptionId: string): void {
    const watching = this.#watched.get(publicationId);
    watching?.delete(subscriptionId);
    if (watching?.size === 0) this.#watched.delete(publicationId);
  }

  /** Returns an unused stream. A closed one is reused as late as possible, because both ends need a moment to agree that it is free. */
  #nextStream(linkId: string): number {
    const taken = new Set(this.#all().flatMap(({ way, streamId }) => (way.transportId === linkId ? [streamId] : [])));
    let streamId = this.#lastStream.get(linkId) ?? -1;
    do streamId = (streamId + 1) % MAX_STREAMS;
    while (taken.has(streamId));
    this.#lastStream.set(linkId, streamId);
    return streamId;
  }

  #all(): Crossing[] {
    return [...this.#crossings.values()].flatMap((crossings) => [...crossings.values()]);
  }
}

/** Creates or updates the copy of a publication on the subscribers' shard. */
function putCopy({ way, streamId }: Crossing, source: DataPublicationPlan): void {
  const { publicationId, reliability, retain, isBus, copyOf = publicationId } = source;
  const stream = { streamId, isNegotiated: true };
  const plan: DataPublicationPlan = { publicationId, transportId: way.transportId, stream, reliability, retain, isBus, copyOf };
  way.downstream.send({ type: 'put-data-publication', plan });
}
