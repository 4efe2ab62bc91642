const CALIBRATION_READINGS = 20_000;

/**
 * Who uses the CPU of a process in which many nodes run: all time from the moment at which something of a node runs until the next one does
 * is that node's, garbage collection and the clock's own work included, so the figures are upper bounds.
 */
export class CpuMeter {
  readonly #usedUs = new Map<number | undefined, number>();
  #owner: number | undefined = undefined;
  #sinceUs = 0;
  #isRunning = false;
  /** What reading the time costs, which is no node's work. */
  #readingUs = 0;

  /** @param owner a node; undefined for the surroundings. @returns the one before */
  enter(owner: number | undefined): number | undefined {
    const before = this.#owner;
    this.#owner = owner;
    if (!this.#isRunning) return before;
    const atUs = nowUs();
    this.#usedUs.set(before, (this.#usedUs.get(before) ?? 0) + atUs - this.#sinceUs - this.#readingUs);
    this.#sinceUs = atUs;
    return before;
  }

  /** Reading the time costs as much as what is measured, so it is read only from here on, until `stop`. */
  start(): void {
    this.#usedUs.clear();
    this.#owner = undefined;
    this.#readingUs = costOfReadingUs();
    this.#sinceUs = nowUs();
    this.#isRunning = true;
  }

  /** @returns milliseconds since the start, by node */
  stop(): ReadonlyMap<number, number> {
    this.enter(undefined);
    this.#isRunning = false;
    const taken = new Map([...this.#usedUs].flatMap(([owner, us]) => (owner === undefined ? [] : [[owner, us / 1000] as const])));
    return taken;
  }
}

function costOfReadingUs(): number {
  const startedAtUs = nowUs();
  for (let reading = 0; reading < CALIBRATION_READINGS; reading++) nowUs();
  return (nowUs() - startedAtUs) / (CALIBRATION_READINGS + 1);
}

function nowUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
