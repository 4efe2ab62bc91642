/** The fields that make a batch of usage a leaf of the ledger in a signed block. */
import type { LedgerBlock } from './ledger-block.ts';
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
