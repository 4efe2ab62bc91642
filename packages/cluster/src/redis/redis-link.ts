import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A command with its arguments, as typed into `redis-cli`. */
export type RedisCommand = readonly [name: string, ...words: (string | number)[]];

/** A reply as Redis sends it: text, numbers, `null` and lists of these. A map is a list of alternating keys and values. */
export type RedisReply = string | number | null | readonly RedisReply[];

/**
 * A connection to Redis, or to each server of a Redis Cluster. Calls do not wait for a connection. A call that cannot
 * be sent, or is not answered in time, fails with `registry_unavailable`, and Redis may or may not have carried it out.
 */
export interface RedisLink {
  /** @throws SfuError `registry_unavailable`; Error if Redis rejected the command itself */
  send(command: RedisCommand): Promise<RedisReply>;
  /** Sends commands about keys of one slot in one round trip. Rejects if one of them fails. */
  sendAll(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>;
  run(script: LuaScript, keys: readonly string[], words: readonly (string | number)[]): Promise<RedisReply>;
  /** Receives the messages of a channel. Messages may be lost, so they must be hints only. */
  subscribe(channel: string, onMessage: (message: string) => void): void;
  /** @returns a function that removes the listener */
  onReady(listener: () => void): () => void;
  readonly failures: number;
  /** Whether calls are refused without being tried. */
  readonly isGivenUp: boolean;
  close(): void;
}

/** A script that Redis runs atomically. It is identified by its hash, so nodes of different versions never run each other's scripts. */
export interface LuaScript {
  readonly name: string;
  readonly source: string;
  /** SHA-1 in hex, as `EVALSHA` expects it. */
  readonly sha1: string;
}

/** Has the same relative path from `src/redis` and from `dist/redis`. */
const FOLDER = join(import.meta.dirname, '../../lua');

/** @param name the file in `lua`, without its extension */
export function loadLuaScript(name: string): LuaScript {
  const source = readFileSync(join(FOLDER, `${name}.lua`), 'utf8');
  return { name, source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** The part of a Redis client that a link uses. ioredis implements it, and so does a model of Redis in tests. */
export interface RedisConnection {
  readonly status: string;
  on(event: 'ready' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  call(name: string, ...words: (string | number)[]): Promise<unknown>;
  pipeline(): {
    call(name: string, ...words: (string | number)[]): unknown;
    /** Rejects if there is no connection. The error of a refused command is in that command's place. */
    exec(): Promise<[Error | null, unknown][] | null>;
  };
  subscribe(channel: string): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(): void;
}
