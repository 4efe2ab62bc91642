/** The half-life of a measurement: joining costs a moment of work that says nothing about what a session will cost. */
const HALF_LIFE_MS = 5000;
/** What one newcomer may come to cost: some 300 packets a second. */
const UTILIZATION_PER_NEWCOMER = 0.003;

/** How busy a shard will be when its newcomers have settled: their expected cost fades out as what they do cost fades in. */
export class ExpectedLoad {
  #utilization = 0;
  #newcomers = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  /** @param utilization share of the last second in which it was busy */
  at(nowMs: number, utilization: number): number {
    const left = 2 ** ((this.#atMs - nowMs) / HALF_LIFE_MS);
    this.#utilization = utilization + (this.#utilization - utilization) * left;
    this.#newcomers *= left;
    this.#atMs = nowMs;
    return this.#utilization + this.#newcomers * UTILIZATION_PER_NEWCOMER;
  }

  /** One was placed at the moment that was asked about last. */
  addNewcomer(): void {
    this.#newcomers++;
  }
}
