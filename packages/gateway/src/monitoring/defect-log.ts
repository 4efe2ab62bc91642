import type { Logger } from '../logging/logger.ts';

/** How a defect that belongs to no session was noticed. */
export const DEFECT_KINDS = ['contained', 'rejection', 'exception'] as const;

/**
 * `contained` was caught where it occurred, `rejection` is a rejected promise that nothing awaited, and `exception` was
 * not caught and ends the node.
 */
export type DefectKind = (typeof DEFECT_KINDS)[number];

const MEANINGS: Readonly<Record<DefectKind, string>> = {
  contained: 'a defect that belongs to no session; the node continues',
  rejection: 'a rejected promise that nothing awaited; the node continues',
  exception: 'an uncaught exception; the node ends because its state cannot be trusted',
};

/** Limits logging, so that a defect that every packet causes does not fill the disk. */
const MAX_LOGGED_PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/** Counts defects, and logs them with their stacks unless there are too many. */
export class DefectLog {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #counts: Record<DefectKind, number> = { contained: 0, rejection: 0, exception: 0 };
  #minuteBeganMs = Number.NEGATIVE_INFINITY;
  #logged = 0;

  constructor(logger: Logger, nowMs: () => number) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /** A copy of the counts since the process began. */
  get counts(): Readonly<Record<DefectKind, number>> {
    return { ...this.#counts };
  }

  note(kind: DefectKind, error: unknown): void {
    this.#counts[kind]++;
    const nowMs = this.#nowMs();
    if (nowMs - this.#minuteBeganMs >= MINUTE_MS) {
      this.#minuteBeganMs = nowMs;
      this.#logged = 0;
    }
    // A defect that ends the process is always logged.
    if (kind !== 'exception' && this.#logged++ >= MAX_LOGGED_PER_MINUTE) return;
    this.#logger.log('error', MEANINGS[kind], { error: error instanceof Error ? error : new Error(String(error)) });
  }
}
