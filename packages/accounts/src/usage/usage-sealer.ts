import { randomBytes } from 'node:crypto';
import type { AppId } from '@causeway/protocol';
import type { LedgerSigner } from '../ledger/ledger-keys.ts';
import { hashLeaf, merkleRoot, proveInclusion } from '../ledger/merkle.ts';
import { hashBlock, type LedgerHead, NOTHING_BEFORE, type UsageSeal } from '../ledger/usage-seal.ts';
import { leafText } from './usage-leaf.ts';
import type { UsageBatch } from './usage-ledger.ts';

const SALT_SIZE_BYTES = 16;

/** Builds the ledger of one life of a node: every flush becomes a block, and each of its batches a leaf. */
export class UsageSealer {
  readonly #signer: LedgerSigner;
  readonly #random: (sizeBytes: number) => Buffer;
  #blocks = 0;
  #previous = NOTHING_BEFORE;
  /** The hash of each app's newest leaf. */
  readonly #leaves = new Map<AppId, string>();
  /** The heads to record in the next leaf of each app. */
  readonly #heads = new Map<AppId, readonly LedgerHead[]>();

  constructor(signer: LedgerSigner, random: (sizeBytes: number) => Buffer = randomBytes) {
    this.#signer = signer;
    this.#random = random;
  }

  /** Records the newest leaves of other lives in the next leaf of an app. */
  noteHeads(appId: AppId, heads: readonly LedgerHead[]): void {
    const { nodeNo, epoch } = this.#signer.certificate;
    const others = heads.filter((head) => head.nodeNo !== nodeNo || head.epoch !== epoch);
    if (others.length > 0) this.#heads.set(appId, others);
  }

  /** @param batches the batches of one flush, in order of `seq` for each app */
  seal(batches: readonly UsageBatch[]): UsageBatch[] {
    if (batches.length === 0) return [];
    const drafts = batches.map((batch) => this.#draft(batch));
    const hashes = drafts.map(({ hash }) => hash);
    const facts = { number: ++this.#blocks, previous: this.#previous, root: merkleRoot(hashes).toString('hex') };
    const { certificate } = this.#signer;
    const hash = hashBlock(certificate, facts);
    const block = { ...facts, hash: hash.toString('hex'), signature: this.#signer.sign(hash) };
    this.#previous = block.hash;
    return drafts.map(({ batch, leaf }, index) => {
      const { size, path } = proveInclusion(hashes, index);
      const seal: UsageSeal = { ...leaf, proof: { index, size, path: path.map((each) => each.toString('hex')) }, block, certificate };
      return { ...batch, seal };
    });
  }

  #draft(batch: UsageBatch) {
    const { appId } = batch;
    const leaf = {
      salt: this.#random(SALT_SIZE_BYTES).toString('hex'),
      previousLeaf: this.#leaves.get(appId) ?? NOTHING_BEFORE,
      heads: this.#heads.get(appId) ?? [],
    };
    this.#heads.delete(appId);
    const hash = hashLeaf(leafText(batch, leaf));
    this.#leaves.set(appId, hash.toString('hex'));
    return { batch, leaf, hash };
  }
}
