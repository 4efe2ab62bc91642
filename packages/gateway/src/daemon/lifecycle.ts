import type { NodeDirectory, Sfu } from '@causeway/sfu';

/** Whether this node should be sent new clients; all but `ready` are reasons why not. */
export type Readiness = 'ready' | 'starting' | 'draining' | 'stressed';

/** What a node is doing, from its start to its end. */
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
   * Never depends on whether Redis answers. A full node stays ready unless another one could do its work: calls for its sessions must
   * still arrive.
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
/** Smaller changes are not worth announcing. */
const MIN_CHANGE = 0.05;

/**
 * Tells the other nodes how full this one is, as long as it is not about to end.
 *
 * @returns ends it
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
