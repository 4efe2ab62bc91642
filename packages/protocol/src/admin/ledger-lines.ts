/** The lines of an exported ledger (NDJSON): a first line, the leaves by node, life and number, and a last line. Hashes are in hex. */
import { z } from 'zod';
import { AppId } from '../ids.ts';

const Whole = z.int().min(0);
const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Base64Url = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);
const Bytes = z.object({ down: Whole, up: Whole, relay: Whole, retransmitted: Whole, data: Whole });

const Certificate = z.object({ nodeNo: Whole, epoch: Whole, publicKey: Base64Url, signature: Base64Url });

/** The first line of an export. */
export const LedgerBeginning = z.object({
  type: z.literal('ledger'),
  version: z.literal(1),
  app: AppId,
  fromMs: Whole,
  toMs: Whole,
  authority: Base64Url.meta({ description: 'The public key (Ed25519) that certifies the keys of nodes' }),
});
export type LedgerBeginning = z.infer<typeof LedgerBeginning>;

/** One leaf, with the proof that a node has signed it. */
export const LedgerLeafLine = z.object({
  type: z.literal('leaf'),
  leaf: z.string().meta({ description: 'JSON of `LedgerLeaf`, as it was hashed' }),
  proof: z.object({ index: Whole, size: Whole, path: z.array(Hash).max(64) }),
  block: z.object({ number: Whole, previous: Hash, root: Hash, hash: Hash, signature: Base64Url }),
  certificate: Certificate,
});
export type LedgerLeafLine = z.infer<typeof LedgerLeafLine>;

/** The content of a leaf. */
export const LedgerLeaf = z.object({
  app: AppId,
  nodeNo: Whole,
  epoch: Whole,
  seq: Whole,
  closedAtMs: z.number(),
  region: z.string(),
  bytes: Bytes,
  parts: z.array(z.object({ session: z.string(), track: z.string(), kind: z.enum(['audio', 'video', 'data', 'unknown']), bytes: Bytes })),
  salt: z.string(),
  previousLeaf: Hash,
  heads: z.array(z.object({ nodeNo: Whole, epoch: Whole, seq: Whole, leaf: Hash })),
});
export type LedgerLeaf = z.infer<typeof LedgerLeaf>;

/** The last line of an export. */
export const LedgerEnd = z.object({
  type: z.literal('end'),
  statement: z.string().meta({ description: 'JSON of `LedgerStatement`, as it was signed' }),
  certificate: Certificate,
  signature: Base64Url,
});
export type LedgerEnd = z.infer<typeof LedgerEnd>;

/** A line of an exported ledger. */
export const LedgerLine = z.discriminatedUnion('type', [LedgerBeginning, LedgerLeafLine, LedgerEnd]);
export type LedgerLine = z.infer<typeof LedgerLine>;

/** What the node that made the export states about it. */
export const LedgerStatement = z.object({
  app: AppId,
  fromMs: Whole,
  toMs: Whole,
  leaves: Whole,
  billedBytes: Whole.meta({ description: 'Billed bytes of the range according to the books' }),
  lives: z.array(z.object({ nodeNo: Whole, epoch: Whole, firstSeq: Whole, lastSeq: Whole, lastLeaf: Hash })),
});
export type LedgerStatement = z.infer<typeof LedgerStatement>;
