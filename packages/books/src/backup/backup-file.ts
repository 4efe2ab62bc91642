/**
 * A backup is a text file with one JSON object per line: a header, every row of every table, and finally the number of rows and a digest of
 * all preceding lines. The format does not depend on the kind of database, so a backup can also move books from one kind to the other.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const FORMAT = 'causeway books 1';
const OWNER_ONLY = 0o600;

/** One row of a table. */
export interface BackupRow {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The header of a backup. */
export interface BackupHeader {
  /** The newest migration of the original books. */
  readonly migration: string;
  /** The time of the backup in ISO 8601. */
  readonly at: string;
}

/** Writes a backup to a temporary file, and renames it once it is complete. @returns the number of rows */
export async function writeBackupFile(path: string, header: BackupHeader, rows: AsyncIterable<BackupRow>): Promise<number> {
  const draft = `${path}.part`;
  const file = await open(draft, 'w', OWNER_ONLY);
  try {
    const count = await writeLines(file, header, rows);
    await file.sync();
    await file.close();
    await rename(draft, path);
    return count;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeLines(file: FileHandle, header: BackupHeader, rows: AsyncIterable<BackupRow>): Promise<number> {
  const hash = createHash('sha256');
  let count = 0;
  const write = async (value: object): Promise<void> => {
    const line = `${JSON.stringify(value)}\n`;
    hash.update(line);
    await file.write(line);
  };
  await write({ format: FORMAT, ...header });
  for await (const row of rows) {
    await write(row);
    count++;
  }
  await file.write(`${JSON.stringify({ rows: count, sha256: hash.digest('hex') })}\n`);
  return count;
}

/**
 * Reads and verifies a whole backup, so that a truncated or damaged one changes nothing.
 *
 * @throws Error – the file is not a backup, or is damaged
 */
export async function readBackupFile(path: string): Promise<{ readonly header: BackupHeader; readonly rows: readonly BackupRow[] }> {
  const hash = createHash('sha256');
  const lines: string[] = [];
  let last: string | undefined;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (last !== undefined) {
      hash.update(`${last}\n`);
      lines.push(last);
    }
    last = line;
  }
  const { rows: count, sha256 } = parseLine(last ?? '', path);
  if (count !== lines.length - 1 || sha256 !== hash.digest('hex')) throw new Error(`${path} is damaged or incomplete`);
  const [first = '', ...rest] = lines;
  const { format, migration, at } = parseLine(first, path);
  if (format !== FORMAT) throw new Error(`${path} is not a backup that this version can read`);
  return { header: { migration: String(migration), at: String(at) }, rows: rest.map((line) => JSON.parse(line) as BackupRow) };
}

function parseLine(line: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    throw new Error(`${path} is damaged or incomplete, or not a backup`);
  }
}
