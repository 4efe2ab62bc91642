/**
 * One incoming leg of a track or data channel: what one neighbour sends during one life of the link. To the engine,
 * each leg is a publication of its own, so that subscribers can be moved from one leg to another without a gap in their
 * sequence numbers.
 *
 * A leg's route is fixed when it is opened. The leg attaches to one of the neighbour's that is at least one hop
 * shorter, and so on to the owner, so relays cannot form a loop, whatever the nodes know of each other at that moment.
 */
import { isSameDemand, joinDemands, type LayerDemand, NO_DEMAND } from './layer-demand.ts';
import type { NodeLink } from './links/node-link.ts';
import type { RouteReason } from './path/plan-route.ts';

/** A relay further downstream that this leg feeds. */
export interface FedExport {
  readonly demand: LayerDemand;
  /** The node that it goes to. */
  readonly requester: number;
  /** The route on which that node relies, from this node on. */
  readonly rest: readonly number[];
  /** That node has had the publication before, over another route. */
  readonly isResumed: boolean;
  /** Another leg feeds it from now on. */
  moveTo(leg: ImportLeg<unknown>): void;
  /** The leg is gone, or will not come. */
  onSourceBroken(): void;
}

/** `asked`: packets may already arrive; `accepted`: the neighbour has the track or is getting it; `ended`: nothing more arrives. */
export type LegState = 'asked' | 'accepted' | 'ended';

export interface ImportLegOptions<Numbers> {
  readonly link: NodeLink;
  readonly transportId: string;
  readonly wantId: number;
  /** Id of the publication in this node's engine. */
  readonly trackId: string;
  /** The nodes from this one to the owner. */
  readonly route: readonly number[];
  readonly reason: RouteReason | 'asked-for';
  readonly numbers: Numbers;
  /** The publication has arrived here before, over another leg. */
  readonly isResumed: boolean;
}

export class ImportLeg<Numbers> {
  readonly options: ImportLegOptions<Numbers>;
  readonly exports = new Set<FedExport>();
  state: LegState = 'asked';
  /** Undefined until then; the request may have waited behind others. */
  acceptedAtMs: number | undefined = undefined;
  /** A packet has come. */
  isActive = false;
  /** The route of the neighbour's own copy, as the neighbour stated it. */
  actualRoute: readonly number[];
  /** When its last user left; undefined while it has any. */
  unusedSinceMs: number | undefined = undefined;
  #toldDemand: LayerDemand = NO_DEMAND;

  constructor(options: ImportLegOptions<Numbers>) {
    this.options = options;
    this.actualRoute = options.route;
  }

  get trackId(): string {
    return this.options.trackId;
  }

  get route(): readonly number[] {
    return this.options.route;
  }

  get link(): NodeLink {
    return this.options.link;
  }

  get firstHop(): number {
    return this.options.link.peer.nodeNo;
  }

  get toldDemand(): LayerDemand {
    return this.#toldDemand;
  }

  noteAccepted(nowMs: number, actualRoute: readonly number[]): void {
    this.state = 'accepted';
    this.acceptedAtMs = nowMs;
    this.actualRoute = actualRoute;
  }

  /** What its users want together. @param local demand of this node's own subscribers, if they use this leg */
  demandWith(local: LayerDemand): LayerDemand {
    return joinDemands([local, ...[...this.exports].map(({ demand }) => demand)]);
  }

  /** @returns whether the neighbour has to be told */
  noteDemand(demand: LayerDemand): boolean {
    if (isSameDemand(demand, this.#toldDemand)) return false;
    this.#toldDemand = demand;
    return true;
  }

  /** Whether a relay further downstream may attach to this leg. */
  canFeed({ rest, requester }: Pick<FedExport, 'rest' | 'requester'>): boolean {
    return this.state !== 'ended' && this.route.length <= rest.length && !this.route.includes(requester);
  }
}
