/** Which node leads which app. Nodes that see the same nodes agree; while they do not, the books let one of them lead. */
import { hash } from 'node:crypto';
import type { AppId } from '@causeway/protocol';

/** A sender whose count stands still for so long has died. By the clock of the one who looks: no two clocks are compared. */
const DEAD_AFTER_MS = 10_000;

interface Sighting {
  readonly beat: number;
  readonly atMs: number;
}

/** The senders that a node sees in the books. */
export class SenderPresence {
  readonly #self: string;
  readonly #sightings = new Map<string, Sighting>();

  /** @param self the name of this one, which is alive */
  constructor(self: string) {
    this.#self = self;
  }

  /** @param nowMs on a clock that never goes back. @returns those that are alive, this one included */
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

/** The one that is to lead an app: by rendezvous hashing, so that a node that comes or goes changes the lead of its own share alone. */
export function leaderOf(appId: AppId, senders: ReadonlySet<string>): string | undefined {
  const weighed = [...senders].map((name) => ({ name, weight: hash('sha256', `${name}\n${appId}`) }));
  return weighed.reduce<(typeof weighed)[number] | undefined>(
    (best, each) => (best === undefined || each.weight > best.weight ? each : best),
    undefined,
  )?.name;
}
