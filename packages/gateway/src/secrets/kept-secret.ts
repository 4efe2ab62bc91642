/** Secrets that a standalone node generates and stores in files. */
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/logger.ts';

const SECRET_SIZE_BYTES = 32;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
/** Changes with the format of sealed secrets. */
const SALT = 'causeway books key 1';

/** Reads the secret in a file, or creates both. @throws Error – the file cannot be read or created, or contains no secret */
export async function keptSecret(path: string): Promise<KeyObject> {
  const fresh = randomBytes(SECRET_SIZE_BYTES);
  try {
    await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    await writeFile(path, fresh.toString('hex'), { flag: 'wx', mode: OWNER_ONLY });
    return createSecretKey(fresh);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const kept = await readFile(path, 'utf8');
  if (!/^[0-9a-f]{64}$/.test(kept)) throw new Error(`${path} does not hold a key`);
  return createSecretKey(Buffer.from(kept, 'hex'));
}

/**
 * Returns the key that seals secrets in the books: derived from the cluster's or the operator's key, or read from a file beside the books.
 *
 * @returns undefined if no key would persist across restarts; nothing is sealed then
 */
export async function sealingKeyOf(
  { cluster, tokenKey, books }: Pick<Config, 'cluster' | 'tokenKey' | 'books'>,
  logger: Logger,
): Promise<KeyObject | undefined> {
  const secret = cluster?.clusterKey ?? tokenKey;
  if (secret !== undefined) return createSecretKey(Buffer.from(hkdfSync('sha256', secret, SALT, 'sealing', SECRET_SIZE_BYTES)));
  if (books?.kind !== 'file') return undefined;
  const path = `${books.path}.sealing-key`;
  try {
    return await keptSecret(path);
  } catch (error) {
    logger.log('warn', 'the key that seals secrets in the books cannot be kept, so no one can add an authenticator or a webhook', {
      path,
      error,
    });
    return undefined;
  }
}
