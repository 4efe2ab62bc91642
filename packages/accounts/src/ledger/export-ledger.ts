import type { AppId, LedgerBeginning, LedgerEnd, LedgerStatement } from '@causeway/protocol';
import type { LedgerSigner } from './ledger-keys.ts';

/** The leaves of one life of a node, in a range. */
export interface LedgerSpan {
  readonly nodeNo: number;
  readonly epoch: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** One leaf as the books have it: JSON of a `LedgerLeafLine`, and the hash of the leaf in hex. */
export interface LedgerRecord {
  readonly seq: number;
  readonly line: string;
  readonly leafHash: string;
}

/** What the books have of a range. */
export interface LedgerExtent {
  /** One for each life of a node, from the first leaf that it closed in the range to the last. */
  readonly spans: readonly LedgerSpan[];
  /** What is billed for the range. */
  readonly billedBytes: number;
}

/** Where an export comes from. */
export interface LedgerSource {
  /** What there is of a range at one moment: more may come while it is exported. */
  ledgerExtent(appId: AppId, fromMs: number, toMs: number): Promise<LedgerExtent>;
  /** In the order of their numbers, which are from `firstSeq` to `lastSeq` of the span. */
  ledgerRecords(appId: AppId, span: LedgerSpan, limit: number): Promise<readonly LedgerRecord[]>;
}

/** What is exported, and who says so. */
export interface LedgerExport {
  readonly appId: AppId;
  readonly fromMs: number;
  readonly toMs: number;
  readonly authority: string;
  readonly signer: LedgerSigner;
}

/** They are in memory together. */
const RECORDS_AT_ONCE = 200;

/** Writes the ledger of an app as lines, each with its end; some at a time. */
export async function* exportLedger(source: LedgerSource, wanted: LedgerExport): AsyncGenerator<string> {
  const { appId, fromMs, toMs, authority, signer } = wanted;
  const beginning: LedgerBeginning = { type: 'ledger', version: 1, app: appId, fromMs, toMs, authority };
  yield `${JSON.stringify(beginning)}\n`;
  const lives: LedgerStatement['lives'] = [];
  let leaves = 0;
  const { spans, billedBytes } = await source.ledgerExtent(appId, fromMs, toMs);
  for (const span of spans) {
    let lastLeaf = '';
    let next = span.firstSeq;
    while (next <= span.lastSeq) {
      const records = await source.ledgerRecords(appId, { ...span, firstSeq: next }, RECORDS_AT_ONCE);
      const last = records.at(-1);
      if (last === undefined) break;
      leaves += records.length;
      lastLeaf = last.leafHash;
      next = last.seq + 1;
      yield records.map(({ line }) => `${line}\n`).join('');
    }
    lives.push({ nodeNo: span.nodeNo, epoch: span.epoch, firstSeq: span.firstSeq, lastSeq: span.lastSeq, lastLeaf });
  }
  const statement: LedgerStatement = { app: appId, fromMs, toMs, leaves, billedBytes, lives };
  const text = JSON.stringify(statement);
  const end: LedgerEnd = { type: 'end', statement: text, certificate: signer.certificate, signature: signer.sign(Buffer.from(text)) };
  yield `${JSON.stringify(end)}\n`;
}
