/** A block is the signed Merkle root of all leaves of one flush of a node, chained to the node's previous block. */
import { createHash } from 'node:crypto';
import type { LedgerLife } from './ledger-keys.ts';

/** The content of a block. Hashes are in hex, the signature of `hash` in base64url. */
export interface LedgerBlock {
  /** Counts the blocks of a life, from 1. */
  readonly number: number;
  /** The `hash` of the previous block; zeros for the first. */
  readonly previous: string;
  /** The root of the Merkle tree of its leaves. */
  readonly root: string;
  readonly hash: string;
  readonly signature: string;
}

const HASH_SIZE_BYTES = 32;
const NUMBER_SIZE_BYTES = 8;
/** The predecessor of the first block of a life, and of an app's first leaf in it. */
export const NOTHING_BEFORE = '00'.repeat(HASH_SIZE_BYTES);

/** Computes `H(previous ‖ root ‖ node ‖ epoch ‖ number)`, with numbers as 64 bits, big-endian. */
export function hashBlock(
  { nodeNo, epoch }: LedgerLife,
  { number, previous, root }: Pick<LedgerBlock, 'number' | 'previous' | 'root'>,
): Buffer {
  const numbers = Buffer.alloc(3 * NUMBER_SIZE_BYTES);
  for (const [index, value] of [nodeNo, epoch, number].entries()) numbers.writeBigUInt64BE(BigInt(value), index * NUMBER_SIZE_BYTES);
  return createHash('sha256').update(Buffer.from(previous, 'hex')).update(Buffer.from(root, 'hex')).update(numbers).digest();
}
