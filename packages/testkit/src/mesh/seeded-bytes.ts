import type { Random } from '@causeway/sfu';
import { seededRandom } from '../seeded-random.ts';

/** Creates a deterministic replacement for a source of random bytes. */
export function seededBytes(seed = 1): Random {
  const next = seededRandom(seed);
  return { bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}
