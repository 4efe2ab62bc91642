/** Checks whether the books can be written, and whether there is a recent backup. */
import type { BooksPlace } from '../config/books-place.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

const BACKED_UP_WITHIN_DAYS = 7;
const DAY_MS = 86_400_000;

export async function checkBooks(place: BooksPlace | undefined, nowMs: number): Promise<readonly Finding[]> {
  if (place === undefined || place.kind === 'off') return [ok('books', 'this node keeps none')];
  // A node without books does not load the package.
  const { checkBooksWritable, lastBackupMs } = await import('@causeway/books');
  const name = place.kind === 'file' ? place.path : 'Postgres';
  try {
    await checkBooksWritable(place);
  } catch (error) {
    const mend =
      place.kind === 'file' ? `give the user of the node write access to ${place.path} and its folder` : 'CAUSEWAY_BOOKS=postgres://…';
    return [problem('books', `${name} cannot be written: ${(error as Error).message}`, mend)];
  }
  return [ok('books', `${name} can be written`), checkBackup(place, nowMs, lastBackupMs)];
}

function checkBackup(
  place: Exclude<BooksPlace, { kind: 'off' }>,
  nowMs: number,
  lastBackupMs: (path: string) => number | undefined,
): Finding {
  const check = 'backup';
  const mend = 'causeway books backup FILE, every day';
  if (place.kind === 'postgres') return skipped(check, 'how a Postgres is backed up is not known here', mend);
  const atMs = lastBackupMs(place.path);
  if (atMs === undefined) return warning(check, 'the books were never backed up', mend);
  const days = Math.floor((nowMs - atMs) / DAY_MS);
  const fact = `the books were backed up ${days === 0 ? 'today' : `${days} days ago`}`;
  return days < BACKED_UP_WITHIN_DAYS ? ok(check, fact) : warning(check, fact, mend);
}
