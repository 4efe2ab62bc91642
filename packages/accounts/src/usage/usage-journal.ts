import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAppId } from '@causeway/protocol';
import { USAGE_METRICS, type UsageBatch, type UsageBytes, unknownPart } from './usage-ledger.ts';

/**
 * Stores the batches that the ledger may still need, so that they outlive the process. A power failure may lose the
 * last seconds; then less is counted than was used.
 */
export interface UsageJournal {
  /** Batches that were not known to be counted when this journal was opened: of former lives, each life's oldest first. */
  readonly leftovers: readonly UsageBatch[];
  note(batches: readonly UsageBatch[]): void;
  /** The batch needs to be kept no longer. */
  forget(batch: UsageBatch): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/** Keeps nothing: for nodes without a disk, which lose what was not yet counted when they die. */
export function createVolatileUsageJournal(): UsageJournal {
  return { leftovers: [], note: () => {}, forget: () => {}, close: async () => {} };
}

/** Where a journal in a file is, and what it may need. */
export interface FileUsageJournalOptions {
  /** Is made if it is not there. */
  readonly folder: string;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  /** The disk is full, say: what is not kept is not counted if the process dies now. */
  readonly onFailure: (error: unknown) => void;
}

/** Written again when this much of it is about batches that are no longer needed. */
const MAX_WASTE_BYTES = 4_000_000;

/** One file for each life: a line for each batch, and one for each that is forgotten. Lines are appended, not forced to the disk. */
export class FileUsageJournal implements UsageJournal {
  readonly leftovers: readonly UsageBatch[];
  readonly #options: FileUsageJournalOptions;
  /** Holds the batches that each file must still keep, by name. */
  readonly #needed: Map<string, Map<string, UsageBatch>>;
  /** Holds the lines that wait to be written to each file. */
  readonly #unwritten = new Map<string, string>();
  /** Files that lack lines, or end in half of one, because the disk did not take them. */
  readonly #damaged = new Set<string>();
  #wasteBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: FileUsageJournalOptions, needed: Map<string, Map<string, UsageBatch>>) {
    this.#options = options;
    this.#needed = needed;
    this.leftovers = [...needed.values()].flatMap((batches) => [...batches.values()]);
  }

  /** @throws the system's error if the folder cannot be made or read */
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

  /** What comes while the disk is busy is written together. A line behind half of another could not be read, so a damaged file is replaced. */
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

  /** Writes a new file and renames it, so that a process that dies leaves the old file or the new one. */
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

/** The last line may have been cut off with the power. */
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
  // A version that knew no data channels has counted nothing of them.
  const counted: Record<string, unknown> = { data: 0, ...(Object(bytes) as Record<string, unknown>) };
  const areNumbers = [nodeNo, epoch, seq, follows, closedAtMs, ...USAGE_METRICS.map((metric) => counted[metric])].every(Number.isFinite);
  if (appId === undefined || !areNumbers) return undefined;
  const whole = counted as UsageBytes;
  // Likewise, one that kept sums alone.
  const known = Array.isArray(parts) ? {} : { parts: [unknownPart(whole)] };
  return { ...(value as UsageBatch), ...known, region: typeof region === 'string' ? region : '', bytes: whole };
}
