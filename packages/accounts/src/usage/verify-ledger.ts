/** Verifies an exported ledger of one app. This requires only the export and, to authenticate it, the authority's public key. */
import { LedgerBeginning, LedgerEnd, LedgerLeaf, LedgerLeafLine, LedgerStatement } from '@causeway/protocol';
import { isCertified, isSignedBy, type LedgerCertificate } from '../ledger/ledger-keys.ts';
import { hashLeaf, rootOfProof } from '../ledger/merkle.ts';
import { hashBlock, type LedgerHead, NOTHING_BEFORE } from '../ledger/usage-seal.ts';
import { addUsage, NO_USAGE, USAGE_METRICS, type UsageBytes } from './usage-ledger.ts';

/** The result of a verification. */
export interface LedgerReport {
  readonly app: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly leaves: number;
  /** The sum of the leaves of the range. */
  readonly bytes: UsageBytes;
  /** The public key that certifies the export; a verifier compares it with the one that the operator has published. */
  readonly authority: string | undefined;
  /** The problems found, with their line numbers; empty if the ledger is complete and unchanged. */
  readonly problems: readonly string[];
}

/** What the verifier knows independently of the export. */
export interface LedgerExpectations {
  /** The authority's public key. Default: the one that the export names. */
  readonly authority?: string | undefined;
}

/** Later problems are most likely consequences of the first ones. */
const MAX_PROBLEMS = 20;

/** @param lines lines without line terminators */
export async function verifyLedger(
  lines: AsyncIterable<string> | Iterable<string>,
  expected: LedgerExpectations = {},
): Promise<LedgerReport> {
  const check = new LedgerCheck(expected);
  for await (const line of lines) check.read(line);
  return check.finish();
}

interface Life {
  readonly nodeNo: number;
  readonly epoch: number;
  readonly firstSeq: number;
  /** The hashes of the leaves, in order. */
  readonly leaves: string[];
  block: LedgerLeafLine['block'];
}

class LedgerCheck {
  readonly #expected: LedgerExpectations;
  readonly #problems: string[] = [];
  readonly #lives: Life[] = [];
  readonly #heads: { readonly lineNo: number; readonly head: LedgerHead }[] = [];
  readonly #certified = new Map<string, boolean>();
  #beginning: LedgerBeginning | undefined;
  #lineNo = 0;
  #leaves = 0;
  #bytes = NO_USAGE;
  #hasEnded = false;

  constructor(expected: LedgerExpectations) {
    this.#expected = expected;
  }

  read(line: string): void {
    this.#lineNo++;
    const value = parsed(line);
    if (this.#lineNo === 1) this.#begin(value);
    else if (this.#hasEnded) this.#note('there is something after the end');
    else if ((Object(value) as { readonly type?: unknown }).type === 'end') this.#end(value);
    else this.#readLeaf(value);
  }

  finish(): LedgerReport {
    if (!this.#hasEnded) this.#problems.push('the end is missing: the export was cut');
    for (const each of this.#heads) this.#checkHead(each);
    const { app, fromMs = 0, toMs = 0, authority } = this.#beginning ?? {};
    return {
      app,
      fromMs,
      toMs,
      leaves: this.#leaves,
      bytes: this.#bytes,
      authority: this.#expected.authority ?? authority,
      problems: this.#problems.slice(0, MAX_PROBLEMS),
    };
  }

  #begin(value: unknown): void {
    const { data } = LedgerBeginning.safeParse(value);
    if (data === undefined) {
      this.#note('this is not the beginning of a ledger');
      return;
    }
    const { authority } = this.#expected;
    if (authority !== undefined && authority !== data.authority) this.#note('the export is of another authority');
    this.#beginning = data;
  }

  #readLeaf(value: unknown): void {
    const { data: line } = LedgerLeafLine.safeParse(value);
    const { data: leaf } = LedgerLeaf.safeParse(line === undefined ? undefined : parsed(line.leaf));
    if (line === undefined || leaf === undefined) {
      this.#note('this is no leaf of a ledger');
      return;
    }
    this.#leaves++;
    this.#checkProof(line);
    this.#checkContent(leaf, line.certificate);
    this.#checkOrder(leaf, line);
    for (const head of leaf.heads) this.#heads.push({ lineNo: this.#lineNo, head });
    const { fromMs = 0, toMs = 0 } = this.#beginning ?? {};
    if (leaf.closedAtMs >= fromMs && leaf.closedAtMs < toMs) this.#bytes = addUsage(this.#bytes, leaf.bytes);
  }

  #checkProof({ leaf, proof, block, certificate }: LedgerLeafLine): void {
    const path = proof.path.map((hash) => Buffer.from(hash, 'hex'));
    const root = rootOfProof(hashLeaf(leaf), { ...proof, path });
    if (root?.toString('hex') !== block.root) this.#note('the leaf is not in its block: it was changed');
    const hash = hashBlock(certificate, block);
    if (hash.toString('hex') !== block.hash) this.#note('the block was changed');
    if (!this.#isCertified(certificate)) this.#note('the key of the node is not certified');
    if (!isSignedBy(certificate.publicKey, hash, block.signature)) this.#note('the block is not signed by its node');
  }

  #checkContent(leaf: LedgerLeaf, certificate: LedgerCertificate): void {
    if (leaf.app !== this.#beginning?.app) this.#note('the leaf is of another app');
    if (leaf.nodeNo !== certificate.nodeNo || leaf.epoch !== certificate.epoch) this.#note('the leaf is of another node');
    const sum = leaf.parts.reduce((bytes, part) => addUsage(bytes, part.bytes), NO_USAGE);
    if (USAGE_METRICS.some((metric) => sum[metric] !== leaf.bytes[metric])) this.#note('the parts of the leaf are not its sum');
  }

  /** Leaves must be ordered by node, life and number, and each must contain the hash of the previous one. */
  #checkOrder(leaf: LedgerLeaf, { leaf: text, block }: LedgerLeafLine): void {
    const hash = hashLeaf(text).toString('hex');
    const { nodeNo, epoch, seq, previousLeaf } = leaf;
    const life = this.#lives.at(-1);
    if (life === undefined || life.nodeNo !== nodeNo || life.epoch !== epoch) {
      if (life !== undefined && (nodeNo - life.nodeNo || epoch - life.epoch) < 0) this.#note('nodes and their lives are not in order');
      if (seq === 1 && previousLeaf !== NOTHING_BEFORE) this.#note('the first leaf of a life has one before it');
      this.#lives.push({ nodeNo, epoch, firstSeq: seq, leaves: [hash], block });
      return;
    }
    const awaited = life.firstSeq + life.leaves.length;
    if (seq !== awaited) this.#note(`leaf ${awaited} of node ${nodeNo} is missing or not in its place; this is ${seq}`);
    if (previousLeaf !== life.leaves.at(-1)) this.#note('the leaf does not follow the one before it');
    const isSame = block.number === life.block.number;
    if (block.number < life.block.number || (isSame && block.hash !== life.block.hash)) this.#note('blocks are not in order');
    if (block.number === life.block.number + 1 && block.previous !== life.block.hash)
      this.#note('the block does not follow the one before it');
    life.leaves.push(hash);
    life.block = block;
  }

  #end(value: unknown): void {
    this.#hasEnded = true;
    const { data: end } = LedgerEnd.safeParse(value);
    const { data: statement } = LedgerStatement.safeParse(end === undefined ? undefined : parsed(end.statement));
    if (end === undefined || statement === undefined) {
      this.#note('this is no end of a ledger');
      return;
    }
    if (!this.#isCertified(end.certificate)) this.#note('the key of the node that made the export is not certified');
    if (!isSignedBy(end.certificate.publicKey, Buffer.from(end.statement), end.signature)) this.#note('the end is not signed by its node');
    const { app, fromMs, toMs } = this.#beginning ?? {};
    if (statement.app !== app || statement.fromMs !== fromMs || statement.toMs !== toMs) this.#note('the end is of another export');
    const found = this.#lives.map(({ nodeNo, epoch, firstSeq, leaves }) => {
      return { nodeNo, epoch, firstSeq, lastSeq: firstSeq + leaves.length - 1, lastLeaf: leaves.at(-1) ?? '' };
    });
    const isWhole = statement.leaves === this.#leaves && JSON.stringify(statement.lives) === JSON.stringify(found);
    if (!isWhole) this.#note(`the export had ${statement.leaves} leaves, and they are not these ${this.#leaves}`);
    const billed = this.#bytes.down + this.#bytes.data;
    if (statement.billedBytes !== billed) this.#note(`${statement.billedBytes} bytes are billed, and the leaves have ${billed}`);
  }

  /** A leaf that another node has witnessed must be present. */
  #checkHead({ lineNo, head }: { readonly lineNo: number; readonly head: LedgerHead }): void {
    const life = this.#lives.find(({ nodeNo, epoch }) => nodeNo === head.nodeNo && epoch === head.epoch);
    // Lives and leaves from before the range are in earlier exports.
    if (life === undefined || head.seq < life.firstSeq) return;
    const leaf = life.leaves[head.seq - life.firstSeq];
    if (leaf === undefined)
      this.#problems.push(`line ${lineNo}: node ${head.nodeNo} had ${head.seq} leaves, and the last ones are missing`);
    else if (leaf !== head.leaf)
      this.#problems.push(`line ${lineNo}: leaf ${head.seq} of node ${head.nodeNo} is not the one that others have seen`);
  }

  #isCertified(certificate: LedgerCertificate): boolean {
    const authority = this.#expected.authority ?? this.#beginning?.authority ?? '';
    const name = JSON.stringify(certificate);
    const known = this.#certified.get(name) ?? isCertified(certificate, authority);
    this.#certified.set(name, known);
    return known;
  }

  #note(problem: string): void {
    this.#problems.push(`line ${this.#lineNo}: ${problem}`);
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
