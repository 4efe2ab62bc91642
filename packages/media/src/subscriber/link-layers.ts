/**
 * The layers of tracks that cross one link to another node. On a link, each layer has its own SSRC and therefore its own subscription, but
 * all layers of a track are allocated together: if a layer does not fit the link, a lower one crosses instead.
 *
 * @see docs/adr/0035-links-carry-what-fits.md
 */
import type { AllocatedTrack, BandwidthAllocator, LayerGrant } from '../congestion/allocation/bandwidth-allocator.ts';
import { StepGuard } from '../congestion/allocation/step-guard.ts';
import type { EngineEventListener } from '../engine-messages.ts';
import type { SubscriberTrackPlan } from '../plan.ts';
import { ALL_LAYERS, type LayerOption } from '../publisher/layer-catalogue.ts';
import { ToldLayer } from './told-layer.ts';

/** By then, subscribers behind the link have switched to the better layer and no longer need the lower one. */
const OVERLAP_MS = 400;

/** One layer of a track on the link. */
export interface LinkLayer {
  readonly plan: SubscriberTrackPlan;
  /** The layer on its own, for a subscription that is not allocated together with others. */
  readonly grants: AllocatedTrack;
  /** The publication that the layer comes from; undefined while there is none. */
  readonly source: { layerOptions(nowMs: number): readonly LayerOption[] } | undefined;
  /** Whether the layer is being sent. */
  readonly isRunning: boolean;
  /** Sends the layer, starting with its next keyframe. */
  carry(nowMs: number): void;
  /** Stops sending the layer until `carry` is called. */
  holdBack(nowMs: number): void;
}

export class LinkLayers {
  readonly #transportId: string;
  readonly #subscriptions: { values(): Iterable<LinkLayer> };
  readonly #onEvent: EngineEventListener;
  readonly #tracks = new Map<string, LinkTrack>();

  /** @param subscriptions every subscription of the link; those that are not layers are allocated individually */
  constructor(transportId: string, subscriptions: { values(): Iterable<LinkLayer> }, onEvent: EngineEventListener) {
    this.#transportId = transportId;
    this.#subscriptions = subscriptions;
    this.#onEvent = onEvent;
  }

  /** Adds a layer, or updates its plan. */
  put(nowMs: number, layer: LinkLayer, allocation: BandwidthAllocator): void {
    const { mid, subscriptionId } = layer.plan;
    const known = this.#tracks.get(mid);
    const track = known ?? new LinkTrack(new ToldLayer({ transportId: this.#transportId, subscriptionId }, this.#onEvent));
    this.#tracks.set(mid, track);
    track.put(nowMs, layer);
    allocation.place(nowMs, track);
  }

  remove(layer: LinkLayer): void {
    const { mid } = layer.plan;
    if (this.#tracks.get(mid)?.remove(layer) === true) this.#tracks.delete(mid);
  }

  /** The tracks that the link's allocator decides about. */
  *values(): Iterable<AllocatedTrack> {
    yield* this.#tracks.values();
    for (const subscription of this.#subscriptions.values()) {
      if (this.#tracks.get(subscription.plan.mid)?.has(subscription) !== true) yield subscription.grants;
    }
  }
}

/** One track on the link, with the layers that may cross it. */
class LinkTrack implements AllocatedTrack {
  readonly guard = new StepGuard();
  granted: LayerOption | undefined = undefined;
  isDecided = false;
  isWishNew = false;
  isSentBest = true;
  readonly #layers = new Map<string, LinkLayer>();
  readonly #told: ToldLayer;
  /** When the best granted layer started to be sent; NaN while its keyframe is awaited. */
  #runsSinceMs = Number.NaN;
  #running: LinkLayer | undefined = undefined;

  constructor(told: ToldLayer) {
    this.#told = told;
  }

  /** Removes a layer. @returns whether no layer is left */
  remove(layer: LinkLayer): boolean {
    if (this.has(layer)) this.#layers.delete(ridOf(layer));
    return this.#layers.size === 0;
  }

  has(layer: LinkLayer): boolean {
    return this.#layers.get(ridOf(layer)) === layer;
  }

  put(nowMs: number, layer: LinkLayer): void {
    if (!this.has(layer) && layer.plan.isStandIn === true) layer.holdBack(nowMs);
    this.#layers.set(ridOf(layer), layer);
    this.isWishNew = true;
  }

  get isAdaptive(): boolean {
    return [...this.#layers.values()].some((layer) => layer.source !== undefined && isWanted(layer));
  }

  get priority(): number {
    return Math.max(...[...this.#layers.values()].map(({ plan }) => plan.layers?.priority ?? 1));
  }

  get spentBps(): number {
    return this.#sum(({ grants }) => grants.spentBps);
  }

  get bytesResent(): number {
    return this.#sum(({ grants }) => grants.bytesResent);
  }

  fixedCostBps(): number {
    return 0;
  }

  /**
   * Lists the layers that the link may carry, each at the total cost of itself and the wanted layers below it. The list ends with the best
   * layer that a subscriber behind the link wants. It includes layers that can only stand in for a better one.
   */
  layerOptions(nowMs: number): readonly LayerOption[] | undefined {
    const arriving = this.#arriving(nowMs);
    const best = arriving.findLastIndex(({ stream: { rid } }) => this.#wants(rid));
    if (best < 0) return undefined;
    let wantedBps = 0;
    const options: LayerOption[] = [];
    for (const option of arriving.slice(0, best + 1)) {
      const layer = this.#layers.get(option.stream.rid);
      if (layer === undefined || layer.plan.paused) continue;
      const costBps = wantedBps + option.costBps;
      if (isWanted(layer)) wantedBps = costBps;
      // Bitrates fluctuate. A lower layer that costs more than a better one is no gain.
      while (options.length > 0 && (options.at(-1)?.costBps ?? 0) >= costBps) options.pop();
      options.push({ ...option, costBps });
    }
    return options;
  }

  grant(nowMs: number, { option, quality, isUrgent, isShort, isOverusing }: LayerGrant): void {
    this.granted = option;
    this.isDecided = true;
    this.isWishNew = false;
    this.isSentBest = quality === 'full';
    this.#told.noteShortage(nowMs, isShort, isOverusing);
    const ranks = this.#ranks(nowMs);
    const grantedRank = option === undefined ? -1 : (ranks.get(option.stream.rid) ?? -1);
    const isCarried = (rid: string) => this.#isCarried(rid, ranks.get(rid), grantedRank);
    for (const [rid, layer] of this.#layers) if (isCarried(rid)) layer.carry(nowMs);
    this.#noteRunning(nowMs, option);
    for (const [rid, layer] of this.#layers) {
      if (layer.plan.paused || isCarried(rid)) continue;
      const isBetter = (ranks.get(rid) ?? 0) > grantedRank;
      // Packets of a better layer in a growing queue would delay the keyframe of the lower layer that replaces it.
      const isInTheWay = isBetter && (isUrgent || option === undefined);
      // Subscribers behind the link prefer the better layer as long as it arrives.
      const mayLeave = nowMs - this.#runsSinceMs >= (isBetter ? 0 : OVERLAP_MS);
      if (isInTheWay || mayLeave || !layer.isRunning) layer.holdBack(nowMs);
    }
  }

  /** Maps the rid of each arriving layer to its rank, ascending in quality. */
  #ranks(nowMs: number): ReadonlyMap<string, number> {
    return new Map(this.#arriving(nowMs).map(({ stream: { rid } }, rank) => [rid, rank]));
  }

  #arriving(nowMs: number): readonly LayerOption[] {
    const source = [...this.#layers.values()].find(isWanted)?.source;
    return source?.layerOptions(nowMs).filter(isWhole) ?? [];
  }

  #isCarried(rid: string, rank: number | undefined, grantedRank: number): boolean {
    // A layer that does not arrive costs nothing, and has to be ready when it does.
    if (rank === undefined) return this.isSentBest && this.#wants(rid);
    return rank === grantedRank || (rank < grantedRank && this.#wants(rid));
  }

  #noteRunning(nowMs: number, option: LayerOption | undefined): void {
    const running = option === undefined ? undefined : this.#layers.get(option.stream.rid);
    if (running?.isRunning !== true) this.#runsSinceMs = Number.NaN;
    else if (Number.isNaN(this.#runsSinceMs) || running !== this.#running) this.#runsSinceMs = nowMs;
    this.#running = running;
  }

  #wants(rid: string): boolean {
    const layer = this.#layers.get(rid);
    return layer !== undefined && isWanted(layer);
  }

  #sum(of: (layer: LinkLayer) => number): number {
    let sum = 0;
    for (const layer of this.#layers.values()) sum += of(layer);
    return sum;
  }
}

function ridOf({ plan: { preferredRid = '' } }: LinkLayer): string {
  return preferredRid;
}

function isWanted({ plan: { paused, isStandIn = false } }: LinkLayer): boolean {
  return !paused && !isStandIn;
}

function isWhole({ maxSpatialId, maxTemporalId }: LayerOption): boolean {
  return maxSpatialId === ALL_LAYERS && maxTemporalId === ALL_LAYERS;
}
