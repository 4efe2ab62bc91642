import type { NodeDirectory, Sfu } from '@causeway/sfu';

/** Whether this node should receive new clients; each value other than `ready` is a reason why not. */
export type Readiness = 'ready' | 'starting' | 'draining' | 'stressed';

/** The phases of a node, from start to end. */
export class Lifecycle {
  #state: 'starting' | 'serving' | 'draining' = 'starting';

  get isDraining(): boolean {
    return this.#state === 'draining';
  }

  noteServing(): void {
    if (this.#state === 'starting') this.#state = 'serving';
  }

  noteDraining(): void {
    this.#state = 'draining';
  }

  /**
   * Does not depend on whether Redis answers. A full node stays ready unless another node could take its new sessions,
   * because calls for its own sessions must still arrive.
   *
   * @param directory undefined for a standalone node
   */
  readiness(sfu: Sfu, directory: NodeDirectory | undefined): Readiness {
    if (this.#state !== 'serving') return this.#state;
    if (!sfu.isReady()) return 'draining';
    const isReplaceable = directory?.others.some(({ state }) => state === 'serving') ?? false;
    return isReplaceable && sfu.load().isFull ? 'stressed' : 'ready';
  }
}

const INTERVAL_MS = 1_000;
/** Smaller changes of the load are not announced. */
const MIN_CHANGE = 0.05;

/**
 * Announces to the other nodes how full this one is, until it drains.
 *
 * @returns a function that stops it
 */
export function announceLoad(sfu: Sfu, directory: NodeDirectory): () => void {
  const timer = setInterval(() => {
    const { state, load } = directory.self;
    if (state === 'draining') return;
    const { share, isFull } = sfu.load();
    const next = isFull ? 'stressed' : 'serving';
    if (next !== state || Math.abs(share - load) >= MIN_CHANGE) directory.announce({ state: next, load: share });
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

const CHECK_INTERVAL_MS = 200;

/** Resolves when no session is left, at the deadline, or when the signal is aborted. */
export function waitUntilEmpty(countSessions: () => number, timeoutMs: number, enough: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = setInterval(() => countSessions() === 0 && resolve(), CHECK_INTERVAL_MS);
  const deadline = setTimeout(resolve, timeoutMs);
  enough.addEventListener('abort', () => resolve(), { once: true });
  if (countSessions() === 0 || enough.aborted) resolve();
  return promise.finally(() => {
    clearInterval(check);
    clearTimeout(deadline);
  });
}
