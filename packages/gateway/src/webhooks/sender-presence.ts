/** Decides which node leads which app. Nodes that see the same nodes agree; while they do not, the books grant the lead to only one. */
import { hash } from 'node:crypto';
import type { AppId } from '@causeway/protocol';

/** A sender whose counter has not changed for this long, by the observer's clock, is dead. Clocks of nodes are never compared. */
const DEAD_AFTER_MS = 10_000;

interface Sighting {
  readonly beat: number;
  readonly atMs: number;
}

/** Tracks the senders that a node sees in the books. */
export class SenderPresence {
  readonly #self: string;
  readonly #sightings = new Map<string, Sighting>();

  /** @param self the name of this sender, which always counts as alive */
  constructor(self: string) {
    this.#self = self;
  }

  /** @param nowMs monotonic time @returns the senders that are alive, including this one */
  note(senders: readonly { readonly name: string; readonly beat: number }[], nowMs: number): ReadonlySet<string> {
    const present = new Set(senders.map(({ name }) => name));
    for (const name of this.#sightings.keys()) if (!present.has(name)) this.#sightings.delete(name);
    for (const { name, beat } of senders) {
      if (this.#sightings.get(name)?.beat !== beat) this.#sightings.set(name, { beat, atMs: nowMs });
    }
    const alive = [...this.#sightings].filter(([, { atMs }]) => nowMs - atMs < DEAD_AFTER_MS).map(([name]) => name);
    return new Set([...alive, this.#self]);
  }
}

/** Chooses the lead of an app by rendezvous hashing, so that a node that joins or leaves affects only its own share of the apps. */
export function leaderOf(appId: AppId, senders: ReadonlySet<string>): string | undefined {
  const weighed = [...senders].map((name) => ({ name, weight: hash('sha256', `${name}\n${appId}`) }));
  return weighed.reduce<(typeof weighed)[number] | undefined>(
    (best, each) => (best === undefined || each.weight > best.weight ? each : best),
    undefined,
  )?.name;
}
