import type { AppId, LedgerBeginning, LedgerEnd, LedgerStatement } from '@causeway/protocol';
import type { LedgerSigner } from './ledger-keys.ts';

/** The leaves of one life of a node in a range. */
export interface LedgerSpan {
  readonly nodeNo: number;
  readonly epoch: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** One leaf in the books: a `LedgerLeafLine` as JSON, and the hash of the leaf in hex. */
export interface LedgerRecord {
  readonly seq: number;
  readonly line: string;
  readonly leafHash: string;
}

/** The extent of the ledger in a range of time. */
export interface LedgerExtent {
  /** One span for each life of a node, from the first to the last leaf that it closed in the range. */
  readonly spans: readonly LedgerSpan[];
  /** The bytes billed for the range. */
  readonly billedBytes: number;
}

/** The source of an export. */
export interface LedgerSource {
  /** Returns the present extent of a range; it may grow while it is exported. */
  ledgerExtent(appId: AppId, fromMs: number, toMs: number): Promise<LedgerExtent>;
  /** Returns the records from `firstSeq` to `lastSeq` of the span, in order. */
  ledgerRecords(appId: AppId, span: LedgerSpan, limit: number): Promise<readonly LedgerRecord[]>;
}

/** What to export, and the authority that certifies it. */
export interface LedgerExport {
  readonly appId: AppId;
  readonly fromMs: number;
  readonly toMs: number;
  readonly authority: string;
  readonly signer: LedgerSigner;
}

/** How many records are in memory at a time. */
const RECORDS_AT_ONCE = 200;

/** Writes the ledger of an app as newline-terminated lines, several per chunk. */
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
