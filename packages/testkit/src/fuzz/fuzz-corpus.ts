import type { FuzzRandom } from './fuzz-random.ts';

const MAX_GROWN = 1024;

/** The samples to mutate: the seeds, which are permanent, and a bounded number of interesting inputs. */
export class FuzzCorpus {
  readonly #seeds: readonly Uint8Array[];
  readonly #grown: Uint8Array[] = [];
  /** The number of samples ever added. */
  growth = 0;

  /** @throws RangeError without a seed */
  constructor(seeds: readonly Uint8Array[]) {
    if (seeds.length === 0) throw new RangeError('a corpus needs a real sample to begin with');
    // The seeds are copied to plain arrays, because slices of a Buffer share its memory.
    this.#seeds = seeds.map((seed) => Uint8Array.from(seed));
  }

  /** Picks a seed half of the time, however many other samples there are. */
  pick(random: FuzzRandom): Uint8Array {
    return random.pick(this.#grown.length === 0 || random.chance(0.5) ? this.#seeds : this.#grown);
  }

  add(samples: readonly Uint8Array[], random: FuzzRandom): void {
    for (const sample of samples) {
      this.growth++;
      if (this.#grown.length < MAX_GROWN) this.#grown.push(sample);
      else this.#grown[random.integer(MAX_GROWN)] = sample;
    }
  }
}
