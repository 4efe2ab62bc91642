/**
 * How many checks of strangers a shard passes on. An attacker who knows the prefix of our user fragments can name any
 * shard, even from forged addresses, and other shards must not suffer from that. Once a check is authenticated, its
 * path is claimed and what comes from there is not counted.
 */
const CHECKS_PER_SECOND = 4_000;
/** A rush of newcomers after a turn of the event loop that took long. */
const BURST_CHECKS = 1_000;

export class PassOnBudget {
  #tokens = BURST_CHECKS;
  #refilledAtMs: number;

  constructor(nowMs: number) {
    this.#refilledAtMs = nowMs;
  }

  /** @returns false if the check must be thrown away */
  admit(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(BURST_CHECKS, this.#tokens + (elapsedMs * CHECKS_PER_SECOND) / 1_000);
    this.#refilledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
