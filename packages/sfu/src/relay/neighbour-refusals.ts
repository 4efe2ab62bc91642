import type { Clock } from '../clock.ts';
import type { Refusal } from './links/control-messages.ts';
import type { RefusedRoute } from './path/plan-route.ts';

/** How long a neighbour is not asked again. */
const REFUSAL_MS = 3000;
/**
 * A node without a free slot has one again once nodes that do not belong behind it have moved, which takes them five seconds. Until then, one
 * of those that it feeds passes the track on.
 */
const FAN_OUT_REFUSAL_MS = 10_000;

/** Neighbours that refuse to pass a track on for now, and the nodes that may do it instead. */
export class NeighbourRefusals {
  readonly #clock: Clock;
  readonly #byNode = new Map<number, RefusedRoute & { readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param route the route that was asked for, from this node on. @param others the nodes to which the neighbour passes the track on */
  note(route: readonly number[], reason: Refusal, others: readonly number[]): void {
    const [, nodeNo = Number.NaN, ...beyond] = route;
    const forMs = reason === 'fan-out' ? FAN_OUT_REFUSAL_MS : REFUSAL_MS;
    this.#byNode.set(nodeNo, { untilMs: this.#clock.nowMs() + forMs, others, rest: [nodeNo, ...beyond] });
  }

  /** Returns the refusals still in force, by the node that refused. */
  current(): ReadonlyMap<number, RefusedRoute> {
    const nowMs = this.#clock.nowMs();
    for (const [nodeNo, { untilMs }] of this.#byNode) if (untilMs <= nowMs) this.#byNode.delete(nodeNo);
    return new Map(this.#byNode);
  }
}
