import type { CancelTimer, Clock } from '../clock.ts';
import { editPublication, type Negotiation, type Publication, publications } from '../negotiation/index.ts';

/** How long an unnamed publication may stay without a packet before listings leave it out (docs/api.md §2). */
const GHOST_AFTER_MS = 10_000;

/** Finds publications that never come to life. */
export class GhostWatch {
  readonly #clock: Clock;
  readonly #onGhosts: (publicationIds: ReadonlySet<string>) => void;
  readonly #watched = new Set<string>();
  readonly #timers = new Set<CancelTimer>();

  constructor(clock: Clock, onGhosts: (publicationIds: ReadonlySet<string>) => void) {
    this.#clock = clock;
    this.#onGhosts = onGhosts;
  }

  /** Starts to wait for the silent ones among a connected session's publications; known ones go on waiting. */
  watch(silentIds: readonly string[]): void {
    const added = new Set(silentIds.filter((id) => !this.#watched.has(id)));
    if (added.size === 0) return;
    for (const id of added) this.#watched.add(id);
    const cancel = this.#clock.schedule(GHOST_AFTER_MS, () => {
      this.#timers.delete(cancel);
      for (const id of added) this.#watched.delete(id);
      this.#onGhosts(added);
    });
    this.#timers.add(cancel);
  }

  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}

/** Published by itself and never heard of: the transceiver behind it may have no track. */
function isGhost({ isExplicit, status, isHidden }: Publication): boolean {
  return !isExplicit && status === 'pending' && !isHidden;
}

export function ghostIds(state: Negotiation): readonly string[] {
  return publications(state)
    .map(({ publication }) => publication)
    .filter(isGhost)
    .map(({ id }) => id);
}

/** Leaves those of the publications out of listings that still have sent nothing. */
export function hideGhosts(state: Negotiation, publicationIds: ReadonlySet<string>): Negotiation {
  return [...publicationIds].reduce((hidden, id) => {
    return editPublication(hidden, id, (publication) => (isGhost(publication) ? { ...publication, isHidden: true } : publication));
  }, state);
}
