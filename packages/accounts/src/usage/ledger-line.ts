/** Converts a sealed batch to a line of an exported ledger, and back. */
import { AppId, LedgerLeaf, LedgerLeafLine } from '@causeway/protocol';
import { isCertified, isSignedBy } from '../ledger/ledger-keys.ts';
import { hashLeaf, rootOfProof } from '../ledger/merkle.ts';
import { hashBlock } from '../ledger/usage-seal.ts';
import { leafText } from './usage-leaf.ts';
import type { UsageBatch } from './usage-ledger.ts';

/** @returns undefined for a batch that is not sealed */
export function ledgerLineOf(batch: UsageBatch): LedgerLeafLine | undefined {
  if (batch.seal === undefined) return undefined;
  const { proof, block, certificate } = batch.seal;
  return { type: 'leaf', leaf: leafText(batch, batch.seal), proof: { ...proof, path: [...proof.path] }, block, certificate };
}

/**
 * Reads and verifies a line from an untrusted source.
 *
 * @param authority the public key that certifies nodes
 * @returns undefined if the line is not a leaf, or is not signed by a node that the authority has certified
 */
export function readLedgerLine(json: string, authority: string): UsageBatch | undefined {
  const { data: line } = LedgerLeafLine.safeParse(parsed(json));
  const { data: leaf } = LedgerLeaf.safeParse(line === undefined ? undefined : parsed(line.leaf));
  if (line === undefined || leaf === undefined || !isGenuine(line, authority)) return undefined;
  const { nodeNo, epoch, seq, closedAtMs, region, bytes, salt, previousLeaf, heads } = leaf;
  if (nodeNo !== line.certificate.nodeNo || epoch !== line.certificate.epoch) return undefined;
  const parts = leaf.parts.map(({ session, ...part }) => ({ ...part, sessionId: session }));
  const { proof, block, certificate } = line;
  const seal = { salt, previousLeaf, heads, proof, block, certificate };
  return { appId: AppId.parse(leaf.app), nodeNo, epoch, seq, follows: seq - 1, closedAtMs, region, bytes, parts, seal };
}

function isGenuine({ leaf, proof, block, certificate }: LedgerLeafLine, authority: string): boolean {
  const path = proof.path.map((hash) => Buffer.from(hash, 'hex'));
  const hash = hashBlock(certificate, block);
  const isInBlock = rootOfProof(hashLeaf(leaf), { ...proof, path })?.toString('hex') === block.root && hash.toString('hex') === block.hash;
  return isInBlock && isCertified(certificate, authority) && isSignedBy(certificate.publicKey, hash, block.signature);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
