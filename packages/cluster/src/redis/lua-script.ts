import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A script that Redis runs as one step. Its hash is its name, so nodes of different versions never run each other's. */
export interface LuaScript {
  readonly name: string;
  readonly source: string;
  /** SHA-1, as `EVALSHA` names scripts. */
  readonly sha1: string;
}

/** The same place seen from `src/redis` and from `dist/redis`. */
const FOLDER = join(import.meta.dirname, '../../lua');

/** @param name of the file in `lua`, without its extension */
export function loadLuaScript(name: string): LuaScript {
  const source = readFileSync(join(FOLDER, `${name}.lua`), 'utf8');
  return { name, source, sha1: createHash('sha1').update(source).digest('hex') };
}
