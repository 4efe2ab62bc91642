import type { NodeDirectory, Sfu } from '@causeway/sfu';

const INTERVAL_MS = 1_000;
/** Smaller changes are not worth telling everybody. */
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
