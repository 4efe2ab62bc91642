/** How a batch of usage is sealed: as a leaf of the ledger, in a signed block. */
import type { LedgerBlock } from './ledger-block.ts';
import type { LedgerCertificate, LedgerLife } from './ledger-keys.ts';

/** The newest leaf of an app in another life, as a node has seen it: so a ledger whose tail was cut is missed by the others. */
export interface LedgerHead extends LedgerLife {
  readonly seq: number;
  /** Its hash, in hex. */
  readonly leaf: string;
}

/** What makes a batch a leaf, and proves that it is one. Hashes are in hex. */
export interface UsageSeal {
  /** So that a hash in a proof of another app's leaf does not let its content be guessed. */
  readonly salt: string;
  /** The hash of the leaf of the app before it in this life; zeros for the first one. */
  readonly previousLeaf: string;
  readonly heads: readonly LedgerHead[];
  readonly proof: { readonly index: number; readonly size: number; readonly path: readonly string[] };
  readonly block: LedgerBlock;
  readonly certificate: LedgerCertificate;
}
