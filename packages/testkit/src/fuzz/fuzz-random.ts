import { seededRandom } from '../seeded-random.ts';

/** Numbers at which parsers tend to fail: ends of ranges, sign bits, small lengths. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 127, 128, 254, 255, 256, 1023, 1024, 32_767, 32_768, 65_534, 65_535];
const EDGES_32 = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** The random choices of one fuzz run, determined by the seed. */
export class FuzzRandom {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** 0 … `below` - 1. */
  integer(below: number): number {
    return Math.floor(this.#next() * below);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** @throws RangeError if there is nothing to choose from */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('cannot pick from nothing');
    return from[this.integer(from.length)] as T;
  }

  byte(): number {
    return this.chance(0.3) ? this.pick(EDGES) & 0xff : this.integer(256);
  }

  uint16(): number {
    return this.chance(0.5) ? this.pick(EDGES) : this.integer(0x1_0000);
  }

  uint32(): number {
    return this.chance(0.5) ? this.pick(EDGES_32) : this.integer(0x1_0000_0000);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.byte());
  }
}
