import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A command with its arguments, as typed into `redis-cli`. */
export type RedisCommand = readonly [name: string, ...words: (string | number)[]];

/** Replies are what Redis sends: text, numbers, `null` and lists of them; maps are lists of keys and values in turn. */
export type RedisReply = string | number | null | readonly RedisReply[];

/**
 * One connection to Redis, or to each of the servers of a Redis Cluster. Nothing waits for a connection: what cannot be sent now,
 * or is not answered in time, is `registry_unavailable`, and it is not known whether Redis has carried it out.
 */
export interface RedisLink {
  /** @throws SfuError `registry_unavailable`; Error – Redis refused the command itself */
  send(command: RedisCommand): Promise<RedisReply>;
  /** Sends commands about keys of one slot together: one round trip. Rejects if one of them fails. */
  sendAll(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>;
  run(script: LuaScript, keys: readonly string[], words: readonly (string | number)[]): Promise<RedisReply>;
  /** Hears what is published on a channel, as long as nothing is lost on the way: hints, never news that matter. */
  subscribe(channel: string, onMessage: (message: string) => void): void;
  /** @returns stops the telling */
  onReady(listener: () => void): () => void;
  readonly failures: number;
  /** Whether it refuses calls without trying them. */
  readonly isGivenUp: boolean;
  close(): void;
}

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
