import type { FuzzRandom } from './fuzz-random.ts';

const MAX_GROWN = 1024;

/** Samples to mutate: the real ones, which stay, and a bounded number of those that were found to be interesting. */
export class FuzzCorpus {
  readonly #seeds: readonly Uint8Array[];
  readonly #grown: Uint8Array[] = [];
  /** How many samples were added, those that have made room for others included. */
  growth = 0;

  /** @throws RangeError without a seed */
  constructor(seeds: readonly Uint8Array[]) {
    if (seeds.length === 0) throw new RangeError('a corpus needs a real sample to begin with');
    // Plain arrays: those of a Buffer share memory with their slices.
    this.#seeds = seeds.map((seed) => Uint8Array.from(seed));
  }

  /** Real samples half of the time, however many others there are. */
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
