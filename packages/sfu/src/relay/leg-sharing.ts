/**
 * Lets the subscribers of this node and the relays further downstream share the legs of one publication. A neighbour is never asked for a
 * second copy, and in the end everything arrives on one leg.
 */
import type { Clock } from '../clock.ts';
import type { FedExport, ImportLeg, ImportLegOptions } from './import-leg.ts';
import type { ImportLegs } from './import-legs.ts';
import type { Refusal } from './links/control-messages.ts';
import { MoveWatch } from './path/move-watch.ts';
import type { PlannedRoute } from './path/plan-route.ts';
import type { RouteFinder } from './path/route-finder.ts';

/** How long a leg requested by others may exist beside this node's own. */
const SECOND_LEG_MS = 10_000;

/** What is done to legs here, by the source that has them. */
export interface LegOwner<Numbers> {
  /** @param fed the relay further downstream that the leg is opened for, if it is for one. @returns undefined if the link cannot carry it */
  open(route: readonly number[], reason: ImportLegOptions<Numbers>['reason'], fed?: FedExport): ImportLeg<Numbers> | undefined;
  /** @param how `isTold`: the neighbour knows that it ends */
  end(leg: ImportLeg<Numbers>, how?: { readonly isTold: boolean }): void;
  /** Has a leg feed the subscribers of this node. */
  moveTo(leg: ImportLeg<Numbers>): void;
}

export class LegSharing<Numbers> {
  readonly #legs: ImportLegs<Numbers>;
  readonly #routes: RouteFinder;
  readonly #clock: Clock;
  readonly #owner: LegOwner<Numbers>;

  constructor(
    legs: ImportLegs<Numbers>,
    { routes, clock }: { readonly routes: RouteFinder; readonly clock: Clock },
    owner: LegOwner<Numbers>,
  ) {
    this.#legs = legs;
    this.#routes = routes;
    this.#clock = clock;
    this.#owner = owner;
  }

  /**
   * The leg that feeds a relay further downstream.
   *
   * @returns a leg that exists or is opened for it, or why there is none
   */
  legFor(fed: FedExport): ImportLeg<Numbers> | Refusal {
    const best = this.#legs.fitting(fed);
    if (best !== undefined) return best;
    const { rest } = fed;
    const [, firstHop] = rest;
    const same = this.#legs.from(firstHop);
    // The same neighbour is never asked for a second copy.
    if (same !== undefined && !this.#legs.isInterrupted(same)) return this.#shortenLeg(same, fed);
    if (same !== undefined) this.#owner.end(same);
    return this.#owner.open(rest, 'asked-for', fed) ?? 'no-path';
  }

  /**
   * Returns a leg that exists if it starts at the same neighbour, since there is one leg per neighbour. If its route is interrupted further
   * on, it is ended, and the caller opens another. If it takes another path through the region than the planned one, which follows the
   * tree, the neighbour is asked again, because it keeps the shorter route as long as this node relies on it.
   */
  sharedLeg(planned: PlannedRoute): ImportLeg<Numbers> | undefined {
    const leg = this.#legs.from(planned.nodes[1]);
    if (leg === undefined) return undefined;
    if (!this.#legs.isInterrupted(leg))
      return this.#legs.leavesTree(leg.route, planned) ? this.#replace(leg, planned.nodes, planned.reason) : leg;
    this.#owner.end(leg);
    return undefined;
  }

  /** Moves everything to one leg, so that each layer arrives only once for this node and the nodes behind it. @returns whether one delivers */
  unite(): boolean {
    if (this.#legs.next !== undefined) return false;
    const byLength = this.#legs.feeding();
    // A leg that this node has just left, and that no other node relies on, is about to end.
    const isNeeded = (leg: ImportLeg<Numbers>) => [...leg.exports].some((fed) => this.#legs.local?.canFeed(fed) !== true);
    const shortest = byLength.find((each) => each === this.#legs.local || isNeeded(each));
    if (this.#legs.local !== undefined && shortest !== undefined && shortest.route.length < this.#legs.local.route.length)
      this.#shorten(shortest);
    const leg = this.#legs.local ?? shortest;
    if (leg === undefined || !byLength.includes(leg)) return false;
    for (const other of this.#legs.all) {
      if (other === leg) continue;
      for (const fed of [...other.exports]) if (leg.canFeed(fed)) moveExport(fed, other, leg);
    }
    return true;
  }

  /**
   * Asks the same neighbour for the track on a shorter route, because a relay further downstream relies on that. The
   * new leg replaces the old one and feeds all relays that were attached to it.
   */
  #shortenLeg(former: ImportLeg<Numbers>, fed: FedExport): ImportLeg<Numbers> | Refusal {
    const { rest: route } = fed;
    const isCircle = [...former.exports].some(({ requester }) => route.includes(requester));
    if (former.route.length <= route.length || isCircle) return 'loop';
    return this.#replace(former, route, former.options.reason, fed) ?? 'no-path';
  }

  /** Asks the same neighbour for another route, which ends the former leg. Relays that rely on a shorter route have to find another one. */
  #replace(
    former: ImportLeg<Numbers>,
    route: readonly number[],
    reason: ImportLegOptions<Numbers>['reason'],
    fed?: FedExport,
  ): ImportLeg<Numbers> | undefined {
    const leg = this.#owner.open(route, reason, fed);
    if (leg === undefined) return undefined;
    for (const each of [...former.exports]) if (leg.canFeed(each)) moveExport(each, former, leg);
    if (former === this.#legs.local) this.#owner.moveTo(leg);
    if (former === this.#legs.next) this.#legs.next = leg;
    this.#owner.end(former, { isTold: true });
    return leg;
  }

  /**
   * Other nodes have requested a shorter route than this node's own, so their leg cannot attach to this node's. This
   * node then also uses the shorter route. If that costs much more, or bypasses the region's own copy or its tree, the
   * requesters have to find another route.
   */
  #shorten(shorter: ImportLeg<Numbers>): void {
    const [cost, own] = [this.#routes.cost(shorter.route), this.#legs.local && this.#routes.cost(this.#legs.local.route)];
    if (cost === undefined || own === undefined) return;
    if (!this.#legs.bypassesTree(shorter) && MoveWatch.isAboutAsGood(cost, own)) this.#owner.moveTo(shorter);
    else if (this.#clock.nowMs() - (shorter.acceptedAtMs ?? 0) >= SECOND_LEG_MS) this.#owner.end(shorter);
  }
}

function moveExport(fed: FedExport, from: ImportLeg<unknown>, to: ImportLeg<unknown>): void {
  from.exports.delete(fed);
  to.exports.add(fed);
  fed.moveTo(to);
}
