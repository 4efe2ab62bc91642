/**
 * The instants at which links between nodes are checked. They follow the wall clock and are the same on all nodes, so that an idle node is
 * not woken for each check separately: its own checks leave together, and the other nodes' checks and all answers arrive together. Waking
 * costs more than a check. Nothing depends on the nodes' clocks agreeing except for this saving.
 */
import type { Timers } from '../timers.ts';

const BEAT_MS = 250;
/** Checking this many links at once delays media by about two milliseconds. */
const LINKS_AT_ONCE = 24;
/** A node with more than 240 links checks more than 24 of them at the same instant. */
const MAX_PHASES = 10;

export class LinkBeat {
  readonly #timers: Timers;
  #links = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Counts another link. */
  join(): void {
    this.#links++;
  }

  leave(): void {
    this.#links--;
  }

  /**
   * @param key equal at both ends of a link; spreads the links of a node that has many over the beat
   * @param beats how many beats to wait
   * @returns when a link is checked next; always later than `nowMs`
   */
  next(nowMs: number, key: number, beats: number): number {
    const phases = Math.min(MAX_PHASES, Math.max(1, Math.ceil(this.#links / LINKS_AT_ONCE)));
    const phaseMs = (key % phases) * (BEAT_MS / phases);
    return this.#timers.onGrid(nowMs + 1 + (beats - 1) * BEAT_MS - phaseMs, BEAT_MS) + phaseMs;
  }
}
