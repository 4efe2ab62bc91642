import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAppId } from '@causeway/protocol';
import { USAGE_METRICS, type UsageBatch, type UsageBytes, unknownPart } from './usage-ledger.ts';

/**
 * Stores the batches that the ledger may still need, so that they outlive the process. A power failure may lose the
 * last seconds; then less is counted than was used.
 */
export interface UsageJournal {
  /** Batches of former lives that were not known to be counted when the journal was opened, oldest first in each life. */
  readonly leftovers: readonly UsageBatch[];
  note(batches: readonly UsageBatch[]): void;
  /** Drops a batch that is no longer needed. */
  forget(batch: UsageBatch): void;
  /** Resolves once everything is written. */
  close(): Promise<void>;
}

/** Creates a journal that stores nothing, for nodes without a disk. Such a node loses uncounted usage if it dies. */
export function createVolatileUsageJournal(): UsageJournal {
  return { leftovers: [], note: () => {}, forget: () => {}, close: async () => {} };
}

/** Options of a journal on disk. */
export interface FileUsageJournalOptions {
  /** The folder of the journal, created if missing. */
  readonly folder: string;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  /** Called if writing fails, for example because the disk is full. Unwritten batches are lost if the process dies. */
  readonly onFailure: (error: unknown) => void;
}

/** A file is compacted once this much of it concerns batches that are no longer needed. */
const MAX_WASTE_BYTES = 4_000_000;

/** Writes one file per life of the node, with a line for each batch and for each one dropped. Lines are appended without fsync. */
export class FileUsageJournal implements UsageJournal {
  readonly leftovers: readonly UsageBatch[];
  readonly #options: FileUsageJournalOptions;
  /** The batches that each file must still keep, by file name. */
  readonly #needed: Map<string, Map<string, UsageBatch>>;
  /** The lines waiting to be written, by file name. */
  readonly #unwritten = new Map<string, string>();
  /** Files that lack lines, or end with an incomplete one, because a write failed. */
  readonly #damaged = new Set<string>();
  #wasteBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: FileUsageJournalOptions, needed: Map<string, Map<string, UsageBatch>>) {
    this.#options = options;
    this.#needed = needed;
    this.leftovers = [...needed.values()].flatMap((batches) => [...batches.values()]);
  }

  /** @throws the system's error if the folder cannot be created or read */
  static async open(options: FileUsageJournalOptions): Promise<FileUsageJournal> {
    await mkdir(options.folder, { recursive: true });
    const needed = new Map<string, Map<string, UsageBatch>>();
    for (const file of (await readdir(options.folder)).sort()) {
      const isOfThisNode = file.startsWith(`usage-${options.life.nodeNo}-`) && file.endsWith('.ndjson');
      if (isOfThisNode) needed.set(file, readBatches(await readFile(join(options.folder, file), 'utf8')));
    }
    const journal = new FileUsageJournal(options, needed);
    for (const [file, batches] of needed) if (batches.size === 0) journal.#remove(file);
    return journal;
  }

  note(batches: readonly UsageBatch[]): void {
    const file = fileOf(this.#options.life);
    const needed = this.#needed.get(file) ?? new Map<string, UsageBatch>();
    this.#needed.set(file, needed);
    for (const batch of batches) needed.set(nameOf(batch), batch);
    this.#append(file, needed, batches.map((batch) => `${JSON.stringify({ batch })}\n`).join(''));
  }

  forget(batch: UsageBatch): void {
    const file = fileOf(batch);
    const needed = this.#needed.get(file);
    if (!needed?.delete(nameOf(batch))) return;
    this.#wasteBytes += JSON.stringify(batch).length;
    if (needed.size === 0) this.#remove(file);
    else if (this.#wasteBytes > MAX_WASTE_BYTES) this.#compact(file, needed);
    else this.#append(file, needed, `${JSON.stringify({ forgotten: nameOf(batch) })}\n`);
  }

  close(): Promise<void> {
    return this.#writing;
  }

  /** Batches the lines that arrive during a write. A damaged file is replaced, since a line after an incomplete one could not be read. */
  #append(file: string, needed: ReadonlyMap<string, UsageBatch>, lines: string): void {
    if (lines === '') return;
    if (this.#damaged.has(file)) {
      this.#compact(file, needed);
      return;
    }
    const waiting = this.#unwritten.get(file);
    this.#unwritten.set(file, (waiting ?? '') + lines);
    if (waiting === undefined) this.#then(() => this.#writeOut(file));
  }

  async #writeOut(file: string): Promise<void> {
    const lines = this.#unwritten.get(file);
    this.#unwritten.delete(file);
    if (lines === undefined) return;
    try {
      await appendFile(this.#pathOf(file), lines);
    } catch (error) {
      this.#damaged.add(file);
      throw error;
    }
  }

  #remove(file: string): void {
    this.#needed.delete(file);
    this.#unwritten.delete(file);
    this.#damaged.delete(file);
    this.#then(() => rm(this.#pathOf(file), { force: true }));
  }

  /** Writes a new file and renames it, so that a crash leaves either the old file or the new one. */
  #compact(file: string, needed: ReadonlyMap<string, UsageBatch>): void {
    this.#wasteBytes = 0;
    this.#unwritten.delete(file);
    const lines = [...needed.values()].map((batch) => `${JSON.stringify({ batch })}\n`).join('');
    this.#then(async () => {
      await writeFile(this.#pathOf(`${file}.new`), lines);
      await rename(this.#pathOf(`${file}.new`), this.#pathOf(file));
      this.#damaged.delete(file);
    });
  }

  #then(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(write).catch(this.#options.onFailure);
  }

  #pathOf(file: string): string {
    return join(this.#options.folder, file);
  }
}

function fileOf({ nodeNo, epoch }: { readonly nodeNo: number; readonly epoch: number }): string {
  return `usage-${nodeNo}-${epoch}.ndjson`;
}

function nameOf({ appId, nodeNo, epoch, seq }: UsageBatch): string {
  return `${appId}/${nodeNo}/${epoch}/${seq}`;
}

function readBatches(text: string): Map<string, UsageBatch> {
  const needed = new Map<string, UsageBatch>();
  for (const line of text.split('\n')) {
    const { batch, forgotten } = readLine(line);
    if (batch !== undefined) needed.set(nameOf(batch), batch);
    if (forgotten !== undefined) needed.delete(forgotten);
  }
  return needed;
}

/** Reads a line; the last one may be incomplete after a power failure. */
function readLine(line: string): { readonly batch?: UsageBatch | undefined; readonly forgotten?: string | undefined } {
  try {
    const { batch, forgotten } = JSON.parse(line) as { readonly batch?: unknown; readonly forgotten?: unknown };
    return { batch: asBatch(batch), forgotten: typeof forgotten === 'string' ? forgotten : undefined };
  } catch {
    return {};
  }
}

function asBatch(value: unknown): UsageBatch | undefined {
  const { appId: appIdText, nodeNo, epoch, seq, follows, closedAtMs, bytes, parts, region } = Object(value) as Record<string, unknown>;
  const appId = parseAppId(String(appIdText));
  // Versions without data channels did not count `data`.
  const counted: Record<string, unknown> = { data: 0, ...(Object(bytes) as Record<string, unknown>) };
  const areNumbers = [nodeNo, epoch, seq, follows, closedAtMs, ...USAGE_METRICS.map((metric) => counted[metric])].every(Number.isFinite);
  if (appId === undefined || !areNumbers) return undefined;
  const whole = counted as UsageBytes;
  // Earlier versions stored only sums.
  const known = Array.isArray(parts) ? {} : { parts: [unknownPart(whole)] };
  return { ...(value as UsageBatch), ...known, region: typeof region === 'string' ? region : '', bytes: whole };
}
