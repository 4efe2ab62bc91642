import type { Clock } from '../clock.ts';
import type { Refusal } from './links/control-messages.ts';

/** For how long a neighbour is not asked again. */
const REFUSAL_MS = 3000;
/** A node without room stays without room for a while. */
const FAN_OUT_REFUSAL_MS = 30_000;

/** Neighbours that do not pass a track on just now, and who may do it in their stead. */
export class NeighbourRefusals {
  readonly #clock: Clock;
  readonly #byNode = new Map<number, { readonly untilMs: number; readonly others: readonly number[] }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(nodeNo: number, reason: Refusal, others: readonly number[]): void {
    const forMs = reason === 'fan-out' ? FAN_OUT_REFUSAL_MS : REFUSAL_MS;
    this.#byNode.set(nodeNo, { untilMs: this.#clock.nowMs() + forMs, others });
  }

  /** Those that still hold; by the node that refused. */
  current(): ReadonlyMap<number, readonly number[]> {
    const nowMs = this.#clock.nowMs();
    for (const [nodeNo, { untilMs }] of this.#byNode) if (untilMs <= nowMs) this.#byNode.delete(nodeNo);
    return new Map([...this.#byNode].map(([nodeNo, { others }]) => [nodeNo, others]));
  }
}
