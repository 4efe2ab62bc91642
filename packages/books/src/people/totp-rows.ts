/** Authenticators as rows. Their seeds are sealed with a key that is not in the books, so that stolen books yield no codes. */
import { type KeyObject, randomBytes } from 'node:crypto';
import {
  base32Of,
  CODE_WAIT_MS,
  digestSecret,
  type Factors,
  FREE_CODE_TRIES,
  findTotpStep,
  type OfferedTotp,
  openSealedText,
  RECOVERY_CODES,
  sealText,
  TOTP_SEED_SIZE_BYTES,
  totpUri,
} from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import { type Selectable, sql } from 'kysely';
import type { BooksDatabase, TotpsTable } from '../database/schema.ts';

/** 80 bits, because the books contain SHA-256 digests, which can be guessed fast. */
const RECOVERY_CODE_SIZE_BYTES = 10;
const MAX_CODE_WAIT_MS = 3_600_000;

type TotpRow = Selectable<TotpsTable>;

function totpRow(database: BooksDatabase, personId: string): Promise<TotpRow | undefined> {
  return database.selectFrom('totps').selectAll().where('personId', '=', personId).executeTakeFirst();
}

export async function readTotp(database: BooksDatabase, personId: string): Promise<Factors['totp']> {
  const row = await totpRow(database, personId);
  return { isOn: row?.isOn === 1, recoveryCodesLeft: row === undefined ? 0 : digestsOf(row).length };
}

/** @throws SfuError `factor_conflict` – an authenticator is active */
export async function insertTotp(
  database: BooksDatabase,
  { id, email }: { readonly id: string; readonly email: string },
  { key, issuer }: { readonly key: KeyObject; readonly issuer: string },
): Promise<OfferedTotp> {
  await database.deleteFrom('totps').where('personId', '=', id).where('isOn', '=', 0).execute();
  if ((await totpRow(database, id)) !== undefined)
    throw new SfuError('factor_conflict', 'you already have an authenticator; remove it first');
  const seed = randomBytes(TOTP_SEED_SIZE_BYTES);
  const sealedSeed = sealText(seed.toString('hex'), contextOf(id), key);
  const row = { personId: id, sealedSeed, isOn: 0, lastStep: 0, recoveryDigests: '[]', failures: 0, failedAtMs: 0 };
  await database.insertInto('totps').values(row).execute();
  return { seed: base32Of(seed), uri: totpUri(seed, issuer, email) };
}

/** @returns new recovery codes @throws SfuError `factor_conflict` – no authenticator was offered, or it is active */
export async function turnTotpOn(database: BooksDatabase, personId: string): Promise<readonly string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, makeRecoveryCode);
  const recoveryDigests = JSON.stringify(codes.map((code) => digestSecret(plainCode(code))));
  const change = database.updateTable('totps').set({ isOn: 1, recoveryDigests }).where('personId', '=', personId).where('isOn', '=', 0);
  const { numUpdatedRows } = await change.executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw new SfuError('factor_conflict', 'you already have an authenticator');
  return codes;
}

export async function deleteTotp(database: BooksDatabase, personId: string): Promise<void> {
  await database.deleteFrom('totps').where('personId', '=', personId).execute();
}

export interface CodeCheck {
  readonly personId: string;
  /** Undefined if the person entered none. */
  readonly code: string | undefined;
  /** Undefined on a node without a sealing key, where only recovery codes work. */
  readonly key: KeyObject | undefined;
  readonly nowMs: number;
}

/**
 * Verifies and consumes the code of a person whose password was correct. Do not call it in a transaction that is rolled back when it
 * throws, because wrong codes are counted.
 *
 * @returns whether the person has an active authenticator
 * @throws SfuError `code_required`; `code_invalid`; `rate_limited`
 */
export async function passTotp(database: BooksDatabase, check: CodeCheck): Promise<boolean> {
  const row = await totpRow(database, check.personId);
  if (row?.isOn !== 1) return false;
  if (check.code === undefined) throw new SfuError('code_required', 'enter the code that your authenticator shows, or a recovery code');
  await useCode(database, row, { ...check, code: check.code });
  return true;
}

/** Like `passTotp`, for an authenticator to be activated. @throws SfuError `factor_conflict` – none was offered, or it is active */
export async function passOfferedTotp(database: BooksDatabase, check: CodeCheck & { readonly code: string }): Promise<void> {
  const row = await totpRow(database, check.personId);
  if (row?.isOn !== 0) throw new SfuError('factor_conflict', 'there is no authenticator to confirm');
  await useCode(database, row, check);
}

async function useCode(database: BooksDatabase, row: TotpRow, check: CodeCheck & { readonly code: string }): Promise<void> {
  const { personId, nowMs } = check;
  const waitMs = row.failedAtMs + waitAfter(row.failures) - nowMs;
  if (waitMs > 0) throw new SfuError('rate_limited', 'too many wrong codes; wait before you try again', { retryAfterMs: waitMs });
  const changed = changeBy(row, check);
  if (changed !== undefined) {
    // The condition on the previous values lets only one of two calls with the same code succeed.
    const use = database.updateTable('totps').set({ ...changed, failures: 0 });
    const asRead = use.where('personId', '=', personId).where('lastStep', '=', row.lastStep);
    const { numUpdatedRows } = await asRead.where('recoveryDigests', '=', row.recoveryDigests).executeTakeFirstOrThrow();
    if (numUpdatedRows === 1n) return;
  }
  const failures = sql<number>`${sql.ref('failures')} + 1`;
  await database.updateTable('totps').set({ failures, failedAtMs: nowMs }).where('personId', '=', personId).execute();
  throw new SfuError('code_invalid', 'the code is wrong, has expired, or has already been used');
}

/** @returns the change of the row when the code is used; undefined if the code is invalid */
function changeBy(
  row: TotpRow,
  { code, key, nowMs }: CodeCheck & { readonly code: string },
): Pick<TotpRow, 'lastStep'> | Pick<TotpRow, 'recoveryDigests'> | undefined {
  const digest: string = digestSecret(plainCode(code));
  const digests = digestsOf(row);
  if (digests.includes(digest)) return { recoveryDigests: JSON.stringify(digests.filter((each) => each !== digest)) };
  const seed = key === undefined ? undefined : openSealedText(row.sealedSeed, contextOf(row.personId), key);
  if (seed === undefined) return undefined;
  const lastStep = findTotpStep(Buffer.from(seed, 'hex'), plainCode(code), nowMs, row.lastStep);
  return lastStep === undefined ? undefined : { lastStep };
}

/** Binds a seed to its person, so that it cannot be copied to another row. */
function contextOf(personId: string): string {
  return `totp ${personId}`;
}

/** Throttles guessing (RFC 4226 §7.3): a code has a million values, three of which are valid. */
function waitAfter(failures: number): number {
  return failures < FREE_CODE_TRIES ? 0 : Math.min(CODE_WAIT_MS * 2 ** (failures - FREE_CODE_TRIES), MAX_CODE_WAIT_MS);
}

function digestsOf({ recoveryDigests }: TotpRow): readonly string[] {
  return JSON.parse(recoveryDigests) as string[];
}

function makeRecoveryCode(): string {
  const letters = base32Of(randomBytes(RECOVERY_CODE_SIZE_BYTES)).toLowerCase();
  return (letters.match(/.{4}/g) ?? []).join('-');
}

/** Normalises a code, since people add spaces, omit dashes and use capitals. */
function plainCode(code: string): string {
  return code.replace(/[\s-]/g, '').toLowerCase();
}
