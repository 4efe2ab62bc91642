/** Audio levels of people, every 20 ms, as a browser writes them. */
import { seededRandom } from '@causeway/testkit';

export const FRAME_MS = 20;

export interface Speaking {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Someone who speaks in syllables with short gaps and pauses between phrases, and whose room is quiet otherwise. */
export class Person {
  readonly #random: () => number;
  readonly #turns: readonly Speaking[];
  readonly #loudestDbov: number;
  #untilMs = 0;
  #isVoiced = false;
  #phraseEndsMs = 0;

  /** @param loudestDbov the level of the loudest syllables, 0 (loudest) to 127 */
  constructor(seed: number, turns: readonly Speaking[], loudestDbov = 25) {
    this.#random = seededRandom(seed);
    this.#turns = turns;
    this.#loudestDbov = loudestDbov;
  }

  levelAt(nowMs: number): number {
    if (!this.#turns.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs)) return this.#between(70, 85);
    if (nowMs >= this.#untilMs) this.#next(nowMs);
    return this.#isVoiced ? this.#between(this.#loudestDbov, this.#loudestDbov + 15) : this.#between(58, 72);
  }

  #next(nowMs: number): void {
    this.#isVoiced = !this.#isVoiced;
    if (this.#isVoiced) {
      this.#untilMs = nowMs + this.#between(100, 300);
      return;
    }
    const isPhraseEnd = nowMs >= this.#phraseEndsMs;
    if (isPhraseEnd) this.#phraseEndsMs = nowMs + this.#between(1500, 3500);
    this.#untilMs = nowMs + (isPhraseEnd ? this.#between(250, 500) : this.#between(40, 120));
  }

  #between(low: number, high: number): number {
    return Math.round(low + this.#random() * (high - low));
  }
}
