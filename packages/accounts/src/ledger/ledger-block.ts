/** A block: the root of all leaves of one flush of a node, chained to the node's block before it, and signed. */
import { createHash } from 'node:crypto';
import type { LedgerLife } from './ledger-keys.ts';

/** What a block says. Hashes are in hex, the signature of `hash` in base64url. */
export interface LedgerBlock {
  /** 1 for the first block of a life, then one more for each. */
  readonly number: number;
  /** `hash` of the block before; zeros for the first one. */
  readonly previous: string;
  /** The root of the Merkle tree of its leaves. */
  readonly root: string;
  readonly hash: string;
  readonly signature: string;
}

const HASH_SIZE_BYTES = 32;
const NUMBER_SIZE_BYTES = 8;
/** What the first block of a life, and the first leaf of an app in it, refer to. */
export const NOTHING_BEFORE = '00'.repeat(HASH_SIZE_BYTES);

/** `H(previous ‖ root ‖ node ‖ epoch ‖ number)`, numbers as 64 bits, the highest first. */
export function hashBlock(
  { nodeNo, epoch }: LedgerLife,
  { number, previous, root }: Pick<LedgerBlock, 'number' | 'previous' | 'root'>,
): Buffer {
  const numbers = Buffer.alloc(3 * NUMBER_SIZE_BYTES);
  for (const [index, value] of [nodeNo, epoch, number].entries()) numbers.writeBigUInt64BE(BigInt(value), index * NUMBER_SIZE_BYTES);
  return createHash('sha256').update(Buffer.from(previous, 'hex')).update(Buffer.from(root, 'hex')).update(numbers).digest();
}
