/**
 * Tracks that have subscribers on other shards. Each crosses to such a shard once, however many subscribers there are,
 * with the layers they want. To the publisher's shard, the crossing is a subscriber of each layer; to the other shard,
 * it is a publisher.
 */
import type { PublisherTrackPlan, SubscriberTrackPlan } from '@causeway/media';
import type { CancelTimer, Clock } from '../clock.ts';
import { isNoDemand, type LayerWish, layerDemand, layersToCarry } from '../relay/layer-demand.ts';
import { createLeg, downstreamPlan, type RelayedTrack, type RelayLeg, upstreamPlans } from '../relay/relay-leg.ts';
import type { Shard } from '../shard.ts';

/** A layer that is no longer wanted continues for this long, by when its successor's keyframe has arrived; the same as on relays. */
const LAYER_OVERLAP_MS = 2000;

/** One direction of a link between two shards. */
export interface CrossingWay {
  /** Id of the link's transport, the same on both sides. */
  readonly transportId: string;
  /** The publisher's shard. */
  readonly upstream: Pick<Shard, 'send'>;
  /** The subscribers' shard. */
  readonly downstream: Pick<Shard, 'send'> & { settled(): Promise<void> };
}

/** @returns the way from one shard to another; undefined while either is not running */
export type FindWay = (fromShardNo: number, toShardNo: number) => CrossingWay | undefined;

interface Source {
  readonly shardNo: number;
  readonly plan: PublisherTrackPlan;
  /** Simulcast layers that currently arrive, best first; empty if that is unknown. */
  readonly arriving: readonly string[];
}

interface Crossing {
  readonly way: CrossingWay;
  readonly toShardNo: number;
  readonly track: RelayedTrack;
  readonly leg: RelayLeg;
  /** Subscriptions on the publisher's shard, by id, as they were last put. */
  readonly put: Map<string, SubscriberTrackPlan>;
  /** The wanted layers, and those sent, which for a while after a change include the layers wanted before. */
  wanted: ReadonlySet<string>;
  carried: ReadonlySet<string>;
  cancelOverlap: CancelTimer | undefined;
  /** Whether the other shard knows the leg, so that no packet arrives unexpectedly. */
  isExpected: boolean;
}

export class TrackCrossings {
  readonly #findWay: FindWay;
  readonly #onIdle: (transportId: string) => void;
  readonly #schedule: Clock['schedule'];
  readonly #sources = new Map<string, Source>();
  readonly #subscriptions = new Map<string, { readonly shardNo: number; readonly plan: SubscriberTrackPlan }>();
  /** Subscriptions whose path does not carry the best layer. */
  readonly #short = new Set<string>();
  /** Subscriptions by track. */
  readonly #watched = new Map<string, Set<string>>();
  /** Crossings by track, then by the shard that they lead to. */
  readonly #crossings = new Map<string, Map<number, Crossing>>();
  #lastSsrc = 0;
  #lastMid = 0;

  /** @param onIdle called with a link that no track crosses any more */
  constructor(findWay: FindWay, onIdle: (transportId: string) => void, schedule: Clock['schedule']) {
    this.#findWay = findWay;
    this.#onIdle = onIdle;
    this.#schedule = schedule;
  }

  /** The number of crossings: each track counts once for every shard that it crosses to. */
  get size(): number {
    let size = 0;
    for (const crossings of this.#crossings.values()) size += crossings.size;
    return size;
  }

  putSource(shardNo: number, plan: PublisherTrackPlan): void {
    const arriving = this.#sources.get(plan.trackId)?.arriving ?? [];
    this.#sources.set(plan.trackId, { shardNo, plan, arriving });
    this.#updateAll(plan.trackId);
  }

  removeSource(trackId: string): void {
    this.#sources.delete(trackId);
    for (const { toShardNo } of [...(this.#crossings.get(trackId)?.values() ?? [])]) this.#close(trackId, toShardNo);
  }

  /**
   * @param apply gives the plan to its shard. It is called while both the former and the new track cross, because a
   * subscriber is notified when its source ends, which must not happen to one that changes it
   */
  putSubscription(shardNo: number, plan: SubscriberTrackPlan, apply: () => void): void {
    const before = this.#subscriptions.get(plan.subscriptionId)?.plan.sourceTrackId;
    const { subscriptionId, sourceTrackId: trackId } = plan;
    this.#subscriptions.set(subscriptionId, { shardNo, plan });
    if (before !== trackId) this.#unwatch(before, subscriptionId);
    if (trackId !== undefined) {
      this.#watched.set(trackId, (this.#watched.get(trackId) ?? new Set()).add(subscriptionId));
      this.#update(trackId, shardNo);
    }
    apply();
    if (before !== undefined && before !== trackId) this.#update(before, shardNo);
  }

  removeSubscription(subscriptionId: string): void {
    const known = this.#subscriptions.get(subscriptionId);
    if (known === undefined) return;
    const { shardNo, plan } = known;
    this.#subscriptions.delete(subscriptionId);
    this.#short.delete(subscriptionId);
    this.#unwatch(plan.sourceTrackId, subscriptionId);
    if (plan.sourceTrackId !== undefined) this.#update(plan.sourceTrackId, shardNo);
  }

  /** The path of a subscriber has become too narrow for the best layer that crosses to it, or wide enough again. */
  needLowerLayers(subscriptionId: string, areNeeded: boolean): void {
    const known = this.#subscriptions.get(subscriptionId);
    if (known?.plan.sourceTrackId === undefined) return;
    if (areNeeded) this.#short.add(subscriptionId);
    else this.#short.delete(subscriptionId);
    this.#update(known.plan.sourceTrackId, known.shardNo);
  }

  layersChanged(trackId: string, arriving: readonly string[]): void {
    const source = this.#sources.get(trackId);
    if (source === undefined) return;
    this.#sources.set(trackId, { ...source, arriving });
    this.#updateAll(trackId);
  }

  /** A link is gone with everything that crossed it. Tracks cross again once there is another link. */
  linkLost(transportId: string): void {
    for (const [trackId, crossings] of this.#crossings) {
      for (const { way, toShardNo } of [...crossings.values()]) if (way.transportId === transportId) this.#close(trackId, toShardNo);
    }
  }

  /** A shard has started, so crossings to and from it may be possible now. */
  shardCame(shardNo: number): void {
    for (const [trackId, watching] of this.#watched) {
      const from = this.#sources.get(trackId)?.shardNo;
      const targets = new Set([...watching].map((id) => this.#subscriptions.get(id)?.shardNo));
      for (const to of targets) if (to !== undefined && (from === shardNo || to === shardNo)) this.#update(trackId, to);
    }
  }

  #unwatch(trackId: string | undefined, subscriptionId: string): void {
    if (trackId === undefined) return;
    const watching = this.#watched.get(trackId);
    watching?.delete(subscriptionId);
    if (watching?.size === 0) this.#watched.delete(trackId);
  }

  #updateAll(trackId: string): void {
    const shards = new Set([...(this.#watched.get(trackId) ?? [])].map((id) => this.#subscriptions.get(id)?.shardNo));
    for (const shardNo of shards) if (shardNo !== undefined) this.#update(trackId, shardNo);
  }

  /** Adapts the crossing of a track to a shard to what its subscribers there want. */
  #update(trackId: string, toShardNo: number): void {
    const source = this.#sources.get(trackId);
    if (source === undefined || source.shardNo === toShardNo) return;
    const wishes = this.#wishesAt(trackId, toShardNo);
    if (wishes.length === 0) {
      this.#close(trackId, toShardNo);
      return;
    }
    const { rids } = source.plan;
    const demand = layerDemand(wishes, rids);
    const crossing = this.#crossingFor(trackId, source, toShardNo, isNoDemand(demand));
    if (crossing?.isExpected) this.#carry(trackId, crossing, layersToCarry(demand, rids, source.arriving));
  }

  #wishesAt(trackId: string, shardNo: number): LayerWish[] {
    const subscriptions = [...(this.#watched.get(trackId) ?? [])].map((id) => this.#subscriptions.get(id));
    return subscriptions.flatMap((each) =>
      each?.shardNo === shardNo ? [{ ...each.plan, needsLowerLayers: this.#short.has(each.plan.subscriptionId) }] : [],
    );
  }

  /** @param isOnlyKept whether nothing is wanted at present, so that no crossing need be opened */
  #crossingFor(trackId: string, source: Source, toShardNo: number, isOnlyKept: boolean): Crossing | undefined {
    const known = this.#crossings.get(trackId)?.get(toShardNo);
    const track = relayedTrackOf(source.plan);
    if (known !== undefined && JSON.stringify(known.track) === JSON.stringify(track)) return known;
    if (known === undefined && isOnlyKept) return undefined;
    const way = this.#findWay(source.shardNo, toShardNo);
    if (way === undefined) return undefined;
    // With other codecs or extensions, the numbers of the old leg had another meaning.
    if (known !== undefined) stopSending(known);
    const leg = createLeg(track, known?.leg.mid ?? `crossing-${++this.#lastMid}`, () => ++this.#lastSsrc);
    return this.#open(trackId, toShardNo, way, track, leg);
  }

  #open(...[trackId, toShardNo, way, track, leg]: [string, number, CrossingWay, RelayedTrack, RelayLeg]): Crossing {
    const nothing = { wanted: new Set<string>(), carried: new Set<string>(), cancelOverlap: undefined };
    const crossing: Crossing = { way, toShardNo, track, leg, put: new Map(), ...nothing, isExpected: false };
    const crossings = this.#crossings.get(trackId) ?? new Map<number, Crossing>();
    this.#crossings.set(trackId, crossings.set(toShardNo, crossing));
    const copyOf = this.#sources.get(trackId)?.plan.copyOf;
    const ids = { transportId: way.transportId, trackId, ...(copyOf !== undefined && { copyOf }) };
    way.downstream.send({ type: 'put-publisher-track', plan: downstreamPlan(leg, ids) });
    void this.#beginWhenExpected(trackId, crossing);
    return crossing;
  }

  /**
   * Packets go through shared memory and plans through the main thread; without waiting, the first keyframe could
   * arrive before its plan.
   */
  async #beginWhenExpected(trackId: string, crossing: Crossing): Promise<void> {
    await crossing.way.downstream.settled();
    crossing.isExpected = true;
    if (this.#crossings.get(trackId)?.get(crossing.toShardNo) === crossing) this.#update(trackId, crossing.toShardNo);
  }

  #carry(trackId: string, crossing: Crossing, wanted: ReadonlySet<string>): void {
    // Subscribers that come and go in that time must not prolong it.
    if (wanted.size === crossing.wanted.size && [...wanted].every((rid) => crossing.wanted.has(rid))) return;
    crossing.wanted = wanted;
    crossing.cancelOverlap?.();
    crossing.cancelOverlap = undefined;
    const both = new Set([...wanted, ...crossing.carried]);
    if (wanted.size > 0 && both.size > wanted.size) {
      crossing.cancelOverlap = this.#schedule(LAYER_OVERLAP_MS, () => this.#send(trackId, crossing, wanted));
      this.#send(trackId, crossing, both);
    } else this.#send(trackId, crossing, wanted);
  }

  #send(trackId: string, crossing: Crossing, carried: ReadonlySet<string>): void {
    crossing.carried = carried;
    const { way, toShardNo, leg, put } = crossing;
    const ids = { transportId: way.transportId, legId: `${trackId}/to-shard-${toShardNo}`, sourceTrackId: trackId };
    for (const plan of upstreamPlans(leg, ids, carried, new Set(put.keys()))) {
      if (JSON.stringify(put.get(plan.subscriptionId)) === JSON.stringify(plan)) continue;
      put.set(plan.subscriptionId, plan);
      way.upstream.send({ type: 'put-subscriber-track', plan });
    }
  }

  #close(trackId: string, toShardNo: number): void {
    const crossings = this.#crossings.get(trackId);
    const crossing = crossings?.get(toShardNo);
    if (crossing === undefined) return;
    crossings?.delete(toShardNo);
    if (crossings?.size === 0) this.#crossings.delete(trackId);
    stopSending(crossing);
    crossing.way.downstream.send({ type: 'remove-publisher-track', trackId });
    if (!this.isUsing(crossing.way.transportId)) this.#onIdle(crossing.way.transportId);
  }

  /** Whether tracks cross this link. */
  isUsing(transportId: string): boolean {
    for (const crossings of this.#crossings.values()) {
      for (const { way } of crossings.values()) if (way.transportId === transportId) return true;
    }
    return false;
  }
}

function stopSending({ way, put, cancelOverlap }: Crossing): void {
  cancelOverlap?.();
  for (const subscriptionId of put.keys()) way.upstream.send({ type: 'remove-subscriber-track', subscriptionId });
  put.clear();
}

function relayedTrackOf({ kind, codecs, extensions, rids }: PublisherTrackPlan): RelayedTrack {
  return {
    kind,
    // RED is unwrapped where it arrives.
    codecs: codecs
      .filter(({ name }) => name !== 'red')
      .map(({ name, clockRateHz, channels, fmtp }) => ({ name, clockRateHz, channels, fmtp })),
    extensionUris: extensions.map(({ uri }) => uri),
    rids,
  };
}
