/** The fields that make a batch of usage a leaf of the ledger in a signed block. */

import { createHash } from 'node:crypto';
import type { LedgerCertificate, LedgerLife } from './ledger-keys.ts';

/** The newest leaf of an app in another life, as seen by a node. It reveals a ledger whose tail was cut off. */
export interface LedgerHead extends LedgerLife {
  readonly seq: number;
  /** The hash of the leaf, in hex. */
  readonly leaf: string;
}

/** Makes a batch a leaf, and proves it. Hashes are in hex. */
export interface UsageSeal {
  /** Prevents the content of this leaf from being guessed from its hash in a proof for another app. */
  readonly salt: string;
  /** The hash of the app's previous leaf in this life; zeros for the first. */
  readonly previousLeaf: string;
  readonly heads: readonly LedgerHead[];
  readonly proof: { readonly index: number; readonly size: number; readonly path: readonly string[] };
  readonly block: LedgerBlock;
  readonly certificate: LedgerCertificate;
}

// Each block names the hash of the node's previous one, so that none can be changed or left out later.

/** The content of a block. Hashes are in hex, the signature of `hash` in base64url. */
interface LedgerBlock {
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
