/**
 * A track or data channel of another node, as this node has it: its local subscribers, the legs on which it arrives,
 * and the choice between them. A neighbour sends it once, however many subscribers there are.
 */
import type { FedExport, ImportLeg, ImportLegOptions } from './import-leg.ts';
import { ImportLegs } from './import-legs.ts';
import { type LayerDemand, NO_DEMAND } from './layer-demand.ts';
import { LegSharing } from './leg-sharing.ts';
import type { ControlMessageOf, Refusal } from './links/control-messages.ts';
import { NeighbourRefusals } from './neighbour-refusals.ts';
import { type ImportParts, prepareLeg } from './open-leg.ts';
import { MoveWatch, OVERLAP_MS } from './path/move-watch.ts';
import type { PlannedRoute } from './path/plan-route.ts';
import type { RelayedPlan, RelayedRecord } from './relayed-kind.ts';

/** After the last subscriber has left, its leg stays open this long for one that returns or follows. */
const LINGER_MS = 3000;
/**
 * After this long without a route to the owner, subscribers are told that the track has ended. A node that has lost its
 * end of a link, and cannot report it through Redis, takes up to eight seconds to be linked again, because the other
 * end listens on the old link for that long (`PULSE_TIMEOUT_MS`).
 */
const UNREACHABLE_AFTER_MS = 10_000;
/** After this, a leg that is ready but delivers nothing is used anyway: the publisher may be muted. */
const WARM_UP_MS = 3000;

export class ImportedSource<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason> {
  readonly ownerNo: number;
  /** When its last user left. The importer forgets sources that have been unused for a while. */
  idleSinceMs: number | undefined;
  #record: Record;
  readonly #parts: ImportParts<Record, Plan, Numbers, Reason>;
  readonly #subscribers = new Map<string, Plan>();
  /** Subscribers whose path does not carry the best layer. */
  readonly #short = new Set<string>();
  readonly #legs: ImportLegs<Numbers>;
  readonly #sharing: LegSharing<Numbers>;
  readonly #watch = new MoveWatch();
  readonly #refusals: NeighbourRefusals;
  #noRouteSinceMs: number | undefined = undefined;
  #hasHadLeg = false;

  constructor(record: Record, ownerNo: number, parts: ImportParts<Record, Plan, Numbers, Reason>) {
    this.#record = record;
    this.ownerNo = ownerNo;
    this.#parts = parts;
    this.#legs = new ImportLegs(record.publicationId, parts.routes);
    this.#sharing = new LegSharing(this.#legs, parts, {
      open: (route, reason, fed) => this.#open(route, reason, fed),
      end: (leg, how) => this.#end(leg, how),
      moveTo: (leg) => this.#moveTo(leg),
    });
    this.#refusals = new NeighbourRefusals(parts.clock);
    this.idleSinceMs = parts.clock.nowMs();
  }

  get record(): Record {
    return this.#record;
  }

  /** The owner or the registry has sent a new description. Legs with codecs or layers that it no longer has are opened again. */
  describe(record: Record): void {
    const { kind } = this.#parts;
    const isSame = kind.descriptionOf(record) === kind.descriptionOf(this.#record);
    this.#record = record;
    if (isSame) for (const leg of this.#legs.all) kind.changed?.(leg, record);
    else for (const leg of [...this.#legs.all]) this.#renew(leg);
  }

  get legs(): Iterable<ImportLeg<Numbers>> {
    return this.#legs.all;
  }

  /** The leg that feeds this node's own subscribers. */
  get local(): ImportLeg<Numbers> | undefined {
    return this.#legs.local;
  }

  /** The leg that carries replies from this node and the nodes behind it. */
  get inUse(): ImportLeg<Numbers> | undefined {
    return this.#legs.inUse;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** The owner itself has described the track, so older records are ignored. */
  get isKnownFirstHand(): boolean {
    return [...this.#legs.all].some(({ state }) => state === 'accepted');
  }

  /** @param plan as the session made it; its source is the id of the original publication */
  putSubscriber(plan: Plan): void {
    if (this.#subscribers.size === 0) this.#noRouteSinceMs = undefined;
    this.#subscribers.set(plan.subscriptionId, plan);
    this.idleSinceMs = undefined;
    if (this.#legs.local === undefined || this.#subscribers.size === 1) this.choose();
    this.#feed(plan);
    this.#settle();
  }

  /** The path of a local subscriber has become too narrow for the best layer, or wide enough again. */
  needLowerLayers(subscriptionId: string, areNeeded: boolean): void {
    if (!this.#subscribers.has(subscriptionId)) return;
    if (areNeeded) this.#short.add(subscriptionId);
    else this.#short.delete(subscriptionId);
    this.#settle();
  }

  /** Removes a subscriber. The caller informs the engine. */
  releaseSubscriber(subscriptionId: string): void {
    this.#short.delete(subscriptionId);
    if (this.#subscribers.delete(subscriptionId)) this.#settle();
  }

  /**
   * Feeds a relay further downstream.
   *
   * @returns the leg that it attaches to, or why there is none
   */
  attach(fed: FedExport): ImportLeg<Numbers> | Refusal {
    const leg = this.#sharing.legFor(fed);
    if (typeof leg === 'string') return leg;
    leg.exports.add(fed);
    this.idleSinceMs = undefined;
    this.#settle();
    return leg;
  }

  detach(fed: FedExport): void {
    for (const leg of this.#legs.all) leg.exports.delete(fed);
    this.#settle();
  }

  /** The users of a leg, or the layers they want, have changed. */
  demandChanged(): void {
    this.#settle();
  }

  /**
   * The link states have changed. A route that still holds is compared with others within a second, by `tick`: when a
   * node of a large cluster starts, each of the others reports one link more, and every report would plan every track.
   */
  onRoutesChanged(): void {
    const { local } = this.#legs;
    const { routes } = this.#parts;
    const holds = local !== undefined && routes.cost(local.route) !== undefined && routes.isLasting(local.route);
    if (!holds) this.choose();
  }

  /** Looks for the best route for this node's own subscribers. */
  choose(): void {
    if (this.#subscribers.size === 0) return;
    const nowMs = this.#parts.clock.nowMs();
    const planned = this.#parts.routes.plan(this.ownerNo, this.#record.publicationId, this.#refusals.current());
    const currentCost = this.#legs.local && this.#parts.routes.cost(this.#legs.local.route);
    if (planned === undefined && currentCost === undefined) this.#noRouteSinceMs ??= nowMs;
    else this.#noRouteSinceMs = undefined;
    if (planned !== undefined) this.#consider(nowMs, planned, currentCost);
  }

  /** Called once a second. */
  tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const leg of [...this.#legs.all]) {
      if (leg.unusedSinceMs !== undefined && nowMs - leg.unusedSinceMs >= LINGER_MS) this.#end(leg);
    }
    // The next subscriber starts from the beginning, since it has received nothing yet.
    if (this.#legs.all.size === 0 && this.#subscribers.size === 0) this.#hasHadLeg = false;
    const next = this.#legs.next;
    if (next !== undefined && nowMs - (next.acceptedAtMs ?? nowMs) >= WARM_UP_MS) this.#moveTo(next);
    if (this.#sharing.unite()) this.#settle();
    if (this.#subscribers.size > 0) this.choose();
    else this.#replaceStray(nowMs);
    // This is checked only here, because `choose` is also called while a session is changing its state.
    if (this.#subscribers.size > 0 && nowMs - (this.#noRouteSinceMs ?? nowMs) >= UNREACHABLE_AFTER_MS) this.#parts.onGone('unreachable');
    if (this.#legs.all.size > 0 || this.#subscribers.size > 0) this.idleSinceMs = undefined;
    else this.idleSinceMs ??= nowMs;
  }

  // Messages from the neighbours that the legs lead to.

  /** @param route the route of the neighbour's own copy */
  onAccepted(leg: ImportLeg<Numbers>, route: readonly number[]): void {
    // The neighbour's copy is nearer to the owner than this leg's route says, or as near. A node that tells of a longer one is not believed.
    const actualRoute = route.length < leg.route.length ? [this.#parts.routes.selfNo, ...route] : leg.route;
    leg.noteAccepted(this.#parts.clock.nowMs(), actualRoute);
    if (this.#parts.kind.resumes && !leg.isActive) this.onActive(leg);
  }

  onRefused(leg: ImportLeg<Numbers>, { reason, others }: Pick<ControlMessageOf<'refused'>, 'reason' | 'others'>): void {
    // Only the owner knows whether the publication exists.
    if ((reason === 'unknown-track' || reason === 'wrong-app') && leg.firstHop === this.ownerNo) {
      this.#parts.onGone(reason === 'wrong-app' ? 'rejected' : 'requested');
      return;
    }
    this.#refusals.note(leg.route, reason, others);
    this.#end(leg, { isTold: true });
    this.choose();
  }

  /** The first packet of a leg has arrived. */
  onActive(leg: ImportLeg<Numbers>): void {
    leg.isActive = true;
    if (leg !== this.#legs.next) return;
    if (this.#legs.local === undefined || this.#legs.isInterrupted(this.#legs.local)) this.#moveTo(leg);
    else this.#parts.clock.schedule(OVERLAP_MS, () => leg === this.#legs.next && this.#moveTo(leg));
  }

  /** A leg has failed and another route is needed. @param how see `#end` */
  onBroken(leg: ImportLeg<Numbers>, how: { readonly isInEngine: boolean }): void {
    this.#end(leg, { isTold: false, ...how });
    this.choose();
  }

  /** Ends the subscriptions of this node's own sessions. @returns their ids */
  takeSubscribers(): readonly string[] {
    const ids = [...this.#subscribers.keys()];
    this.#subscribers.clear();
    this.#settle();
    return ids;
  }

  /** A transport is gone, and with it the publication of the leg. */
  onTransportGone(transportId: string): void {
    const gone = [...this.#legs.all].filter(({ options }) => options.transportId === transportId);
    if (gone.length === 0) return;
    for (const leg of gone) this.#end(leg, { isTold: true, isInEngine: false });
    this.choose();
  }

  /** Ends all legs and subscriptions. The followers of the publication have already been told that it ended. */
  close(): void {
    for (const leg of [...this.#legs.all]) this.#end(leg);
    this.#subscribers.clear();
  }

  #consider(nowMs: number, planned: PlannedRoute, currentCost: number | undefined): void {
    if (this.#legs.local?.route.join() === planned.nodes.join()) {
      this.#watch.settle();
      this.#legs.next = undefined;
      this.#settle();
      return;
    }
    if (this.#legs.next?.route.join() === planned.nodes.join() && currentCost !== undefined) return;
    const isLasting = this.#legs.local !== undefined && this.#parts.routes.isLasting(this.#legs.local.route);
    if (isLasting && !this.#watch.isWorthMoving(nowMs, this.#legs.priceOf(currentCost, planned), planned)) return;
    const leg = this.#sharing.sharedLeg(planned) ?? this.#open(planned.nodes, planned.reason);
    if (leg === undefined) return;
    this.#watch.settle();
    if (leg !== this.#legs.local) {
      if (currentCost === undefined || leg.isActive) this.#moveTo(leg);
      else this.#legs.next = leg;
    }
    this.#settle();
  }

  /**
   * Replaces a leg that only other nodes use, if it brings a second copy into a region or leaves its tree. They chose its
   * route when other links were known, and cannot mend it themselves, because they would ask this node again. The new leg
   * becomes the local one once it delivers, and everything is united on that.
   */
  #replaceStray(nowMs: number): void {
    const { forOthers, next } = this.#legs;
    if (forOthers === undefined || next !== undefined) return;
    const planned = this.#parts.routes.plan(this.ownerNo, this.#record.publicationId, this.#refusals.current());
    if (planned === undefined || !this.#legs.isReplaceable(forOthers, planned)) {
      this.#watch.settle();
      return;
    }
    if (!this.#watch.isWorthMoving(nowMs, Number.POSITIVE_INFINITY, planned)) return;
    this.#watch.settle();
    this.#legs.next = this.#open(planned.nodes, planned.reason);
    this.#settle();
  }

  /** @param fed the downstream relay for which it is opened; undefined for this node's own subscribers */
  #open(route: readonly number[], reason: ImportLegOptions<Numbers>['reason'], fed?: FedExport): ImportLeg<Numbers> | undefined {
    const isResumed = this.#hasHadLeg || fed?.isResumed === true;
    const leg = prepareLeg(this.#record, { route, reason, isResumed }, this.#parts);
    if (leg === undefined) return undefined;
    this.#hasHadLeg = true;
    if (fed !== undefined) leg.exports.add(fed);
    this.#legs.all.add(leg);
    this.#parts.onLegOpened(leg);
    // The engine learns of the leg before the neighbour does, so none of its packets arrives unexpectedly.
    this.#parts.kind.put(leg, this.#record);
    const demand = leg.demandWith(fed === undefined ? this.#localDemand() : NO_DEMAND);
    leg.noteDemand(demand);
    if (this.#parts.kind.ask(leg, this.#record, demand)) return leg;
    this.#end(leg, { isTold: true });
    return undefined;
  }

  /**
   * Opens a leg again. For this node's own subscribers the new leg is opened first, and the neighbour replaces the old
   * one with it. Other nodes request it again themselves.
   */
  #renew(leg: ImportLeg<Numbers>): void {
    const renewed = leg === this.#legs.local ? this.#open(leg.route, leg.options.reason) : undefined;
    if (renewed !== undefined) this.#moveTo(renewed);
    this.#end(leg, { isTold: renewed !== undefined });
  }

  #moveTo(leg: ImportLeg<Numbers>): void {
    this.#legs.local = leg;
    this.#legs.next = undefined;
    for (const plan of this.#subscribers.values()) this.#feed(plan);
    this.#parts.kind.moved?.(leg, this.#record);
    this.#settle();
  }

  #feed(plan: Plan): void {
    this.#parts.kind.feed(plan, this.#legs.local);
  }

  /** Tells the neighbours what is wanted from their legs, and records which legs are unused. */
  #settle(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const leg of this.#legs.all) {
      const isNext = leg === this.#legs.next;
      const isLocal = this.#subscribers.size > 0 ? isNext || leg === this.#legs.local : isNext && this.#legs.forOthers !== undefined;
      if (!isLocal && leg.exports.size === 0) {
        leg.unusedSinceMs ??= nowMs;
        continue;
      }
      leg.unusedSinceMs = undefined;
      const demand = leg.demandWith(isLocal ? this.#localDemand() : NO_DEMAND);
      if (leg.noteDemand(demand)) leg.link.send({ type: 'demand', wantId: leg.options.wantId, demand });
    }
  }

  /** What this node's own subscribers want; without any, what the other nodes want that a new leg is to feed. */
  #localDemand(): LayerDemand {
    if (this.#subscribers.size === 0) return this.#legs.forOthers?.demandWith(NO_DEMAND) ?? NO_DEMAND;
    return this.#parts.kind.demandOf(this.#subscribers.values(), this.#short, this.#record);
  }

  /** @param how `isTold`: the neighbour knows; not `isInEngine`: the engine has already lost the leg's publication */
  #end(leg: ImportLeg<Numbers>, { isTold = false, isInEngine = true } = {}): void {
    if (leg.state === 'ended') return;
    leg.state = 'ended';
    this.#legs.all.delete(leg);
    this.#parts.onLegEnded(leg);
    if (leg === this.#legs.next) this.#legs.next = undefined;
    if (leg === this.#legs.local) {
      this.#legs.local = undefined;
      for (const plan of this.#subscribers.values()) this.#feed(plan);
    }
    if (!isTold) leg.link.send({ type: 'unsubscribe', wantId: leg.options.wantId });
    for (const fed of [...leg.exports]) fed.onSourceBroken();
    this.#parts.kind.end(leg, isInEngine);
  }
}
