/** Loses and delays the packets of one load client, between its SCTP and its DTLS. */
import { seededRandom } from '@causeway/testkit/seeded-random';

export interface PathConditions {
  /** Share of the packets that is lost, in each direction. */
  readonly lossRatio: number;
  /** The delay in each direction. */
  readonly delayMs: number;
}

const SEED = 1;

export class LossyPath {
  readonly #conditions: PathConditions;
  readonly #random = seededRandom(SEED);

  constructor(conditions: PathConditions) {
    this.#conditions = conditions;
  }

  /** Delivers a copy of the packet later, or never. Packets that arrive keep their order. */
  pass(packet: Uint8Array, deliver: (packet: Uint8Array) => void): void {
    if (this.#random() < this.#conditions.lossRatio) return;
    const copy = packet.slice();
    setTimeout(() => deliver(copy), this.#conditions.delayMs);
  }
}
