import type { Logger } from '../logging/logger.ts';

/** How a defect of ours has shown that no session can be blamed for. */
export const DEFECT_KINDS = ['contained', 'rejection', 'exception'] as const;

/** `contained`: caught where it happened. `rejection`: of a promise that nobody waited for. `exception`: caught by nobody, which ends the node. */
export type DefectKind = (typeof DEFECT_KINDS)[number];

const MEANINGS: Readonly<Record<DefectKind, string>> = {
  contained: 'a defect of the node, which no session can be blamed for; it goes on',
  rejection: 'a promise was rejected that nobody waited for; the node goes on',
  exception: 'an exception that nobody caught; the node ends, for its state cannot be trusted',
};

/** A defect that shows with every packet must not fill the disk. */
const MAX_LOGGED_PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/** Counts defects, and writes what they were, with their stacks, until there are too many. */
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

  /** Since the process began; a copy. */
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
    // The last word of a process is never left out.
    if (kind !== 'exception' && this.#logged++ >= MAX_LOGGED_PER_MINUTE) return;
    this.#logger.log('error', MEANINGS[kind], { error: error instanceof Error ? error : new Error(String(error)) });
  }
}
