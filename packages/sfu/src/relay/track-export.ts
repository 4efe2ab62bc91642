/**
 * The export of one track to one neighbour: an ordinary subscription on the link for each layer that is wanted there.
 * It follows the track in the directory, so that the neighbour receives the same events as local sessions.
 */
import type { SubscriberTrackPlan } from '@causeway/media';
import type { CancelTimer, Clock } from '../clock.ts';
import type { TrackCloseReason } from '../events.ts';
import type { TrackRecord } from '../registry/index.ts';
import type { TrackDirectory, TrackFollower } from '../session/track-directory.ts';
import type { Shard } from '../shard.ts';
import type { ArrivingLayers } from './arriving-layers.ts';
import type { ImportLeg } from './import-leg.ts';
import { isNoDemand, joinDemands, type LayerDemand, layersToCarry, layersUpTo, NO_DEMAND } from './layer-demand.ts';
import type { ControlMessage, ControlMessageOf } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { ExportKind, RelayedExport, RelayedWant } from './relay-exporter.ts';
import { type RelayLeg, upstreamPlans } from './relay-leg.ts';
import { tellableTrack } from './tellable-records.ts';

/** A layer that is no longer wanted continues for this long, by when its successor's keyframe has arrived. */
const LAYER_OVERLAP_MS = 2000;

export interface TrackExportParts {
  readonly shard: Shard;
  readonly selfNo: number;
  readonly arriving: ArrivingLayers;
  readonly directory: TrackDirectory;
  readonly clock: Clock;
  readonly onDefect: (error: unknown) => void;
}

export type TrackWant = ControlMessageOf<'subscribe'> & RelayedWant<TrackRecord>;

/** Creates and finds the exports of tracks for a relay. */
export class TrackExports implements ExportKind<TrackRecord, TrackWant, TrackExport> {
  readonly #parts: TrackExportParts;

  constructor(parts: TrackExportParts) {
    this.#parts = parts;
  }

  recordOf(publicationId: string): TrackRecord | undefined {
    return this.#parts.directory.recordOf(publicationId);
  }

  wantIn(message: ControlMessage): TrackWant | undefined {
    return message.type === 'subscribe' ? { ...message, record: message.track } : undefined;
  }

  create(link: NodeLink, transportId: string, want: TrackWant, onEnded: () => void): TrackExport {
    return new TrackExport(link, transportId, want, this.#parts, onEnded);
  }

  follow(opened: TrackExport, { publicationId }: TrackRecord): void {
    this.#parts.directory.follow(opened, { sourceTrackIds: new Set([publicationId]), names: new Set() });
  }

  unfollow(ended: TrackExport): void {
    this.#parts.directory.unfollow(ended);
  }
}

export class TrackExport implements TrackFollower, RelayedExport<TrackRecord> {
  /** Another leg starts with a keyframe, so nothing is resumed. */
  readonly isResumed = false;
  readonly link: NodeLink;
  readonly transportId: string;
  readonly wantId: number;
  readonly publicationId: string;
  readonly rest: readonly number[];
  readonly #appId: string;
  readonly #parts: TrackExportParts;
  readonly #onEnded: () => void;
  readonly #numbers: RelayLeg;
  readonly #opened = new Map<string, SubscriberTrackPlan>();
  #demand: LayerDemand;
  /** Undefined for a track of this node. */
  #source: ImportLeg<unknown> | undefined = undefined;
  #rids: readonly string[];
  #record: TrackRecord | undefined = undefined;
  #carried: ReadonlySet<string> = new Set();
  /** Whether the link does not carry everything that is wanted of its tracks, so that lower layers may have to replace better ones. */
  #isShort = false;
  #cancelOverlap: CancelTimer | undefined = undefined;
  #isEnded = false;

  constructor(link: NodeLink, transportId: string, want: TrackWant, parts: TrackExportParts, onEnded: () => void) {
    this.link = link;
    this.transportId = transportId;
    this.wantId = want.wantId;
    this.publicationId = want.publicationId;
    this.rest = want.route.slice(1);
    this.#appId = want.appId;
    this.#numbers = want.leg;
    this.#demand = want.demand;
    this.#rids = want.leg.layers.map(({ rid }) => rid).filter((rid) => rid !== '');
    this.#parts = parts;
    this.#onEnded = onEnded;
  }

  /** The neighbour's demand, with the layers that may have to replace those it wants. */
  get demand(): LayerDemand {
    if (!this.#isShort || isNoDemand(this.#demand)) return this.#demand;
    return joinDemands([this.#demand, { ...NO_DEMAND, preferred: this.#standIns() }]);
  }

  get requester(): number {
    return this.link.peer.nodeNo;
  }

  get carried(): readonly string[] {
    return [...this.#carried];
  }

  get source(): ImportLeg<unknown> | undefined {
    return this.#source;
  }

  /** The id of the track in this node's engine. */
  get sourceTrackId(): string {
    return this.#source?.trackId ?? this.publicationId;
  }

  /** @param source the leg on which the track arrives; undefined if it is this node's own */
  start(source: ImportLeg<unknown> | undefined, record: TrackRecord): void {
    this.#source = source;
    this.#accept(record);
    this.#record = record;
    this.refresh();
  }

  moveTo(leg: ImportLeg<unknown>): void {
    this.#source = leg;
    // The neighbour reports the actual route of the track.
    if (this.#record !== undefined) this.#accept(this.#record);
    this.refresh();
  }

  setDemand(demand: LayerDemand): void {
    this.#demand = demand;
    this.refresh();
  }

  /** Whether a subscription belongs to this export. */
  has(subscriptionId: string): boolean {
    return this.#opened.has(subscriptionId);
  }

  /** The link has become too narrow for what is wanted of its tracks, or wide enough again. */
  needLowerLayers(areNeeded: boolean): void {
    this.#isShort = areNeeded;
    this.refresh();
  }

  /** Sends the wanted layers among those that arrive. Call it when either set has changed. */
  refresh(): void {
    if (this.#isEnded) return;
    const wanted = layersToCarry(this.#demand, this.#rids, this.#parts.arriving.of(this.sourceTrackId));
    const leaving = [...this.#carried].filter((rid) => !wanted.has(rid));
    this.#cancelOverlap?.();
    this.#cancelOverlap = undefined;
    if (leaving.length > 0 && wanted.size > 0) {
      this.#cancelOverlap = this.#parts.clock.schedule(LAYER_OVERLAP_MS, () => this.#carry(wanted));
      this.#carry(new Set([...wanted, ...leaving]));
    } else this.#carry(wanted);
  }

  // Events of the directory.

  onSourceClosed(_sourceTrackId: string, reason: TrackCloseReason): void {
    this.link.send({ type: 'closed', wantId: this.wantId, reason });
    this.#finish();
  }

  onSourceUpdated(record: TrackRecord): void {
    this.#record = record;
    this.link.send({ type: 'track', wantId: this.wantId, track: tellableTrack(record) });
  }

  onNameTaken(): void {
    // Names are followed separately.
  }

  onDefect(error: unknown): void {
    this.#parts.onDefect(error);
  }

  /** The leg that feeds this export is gone. */
  onSourceBroken(): void {
    this.link.send({ type: 'refused', wantId: this.wantId, reason: 'broken', others: [] });
    this.#finish();
  }

  /** @param isInEngine false if the link's transport is gone, and its subscriptions with it */
  stop(isInEngine: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelOverlap?.();
    if (isInEngine)
      for (const subscriptionId of this.#opened.keys()) this.#parts.shard.send({ type: 'remove-subscriber-track', subscriptionId });
    this.#opened.clear();
  }

  #accept(record: TrackRecord): void {
    const route = this.#source?.actualRoute ?? [this.#parts.selfNo];
    this.link.send({ type: 'accepted', wantId: this.wantId, route, track: tellableTrack(record) });
  }

  #finish(): void {
    if (this.#isEnded) return;
    this.stop(true);
    this.#onEnded();
  }

  /**
   * Returns the layers that may be sent in place of those that are wanted. There are none without simulcast, since the
   * only encoding has no name.
   */
  #standIns(): readonly string[] {
    const { best, preferred, exact } = this.#demand;
    if (best) return this.#rids;
    return this.#rids.filter((rid) => [...preferred, ...exact].some((wanted) => layersUpTo(wanted, this.#rids).includes(rid)));
  }

  #carry(carried: ReadonlySet<string>): void {
    this.#carried = carried;
    const { transportId, sourceTrackId } = this;
    const weight = Math.max(1, this.#demand.weight);
    const ids = { transportId, legId: `${transportId}/w${this.wantId}`, sourceTrackId, account: this.#appId, weight };
    const standIns = new Set(this.#isShort && carried.size > 0 ? this.#standIns().filter((rid) => !carried.has(rid)) : []);
    const all = new Set([...carried, ...standIns]);
    for (const plan of upstreamPlans(this.#numbers, ids, all, new Set(this.#opened.keys()), standIns)) {
      if (JSON.stringify(this.#opened.get(plan.subscriptionId)) === JSON.stringify(plan)) continue;
      this.#opened.set(plan.subscriptionId, plan);
      this.#parts.shard.send({ type: 'put-subscriber-track', plan });
    }
  }
}
