/** The operations of the registry in Redis, one function per script. The keys and status words of the scripts appear only in this file. */
import { z } from 'zod';
import { appKeys, lifeName, NODE_KEYS, parseLifeName } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';

export interface Life {
  readonly nodeNo: number;
  readonly epoch: number;
}

export interface Revisions {
  readonly revision: number;
  readonly confirmed: number;
}

export interface SessionWrite extends Revisions {
  readonly appId: string;
  readonly sessionId: string;
  /** Undefined for a session that has no serial yet. */
  readonly serial: string | undefined;
  /** Whether tracks that are not listed here are removed. */
  readonly isWhole: boolean;
  /** Undefined if it has not changed. */
  readonly record: string | undefined;
  /** Publication ids with their records. */
  readonly putTracks: readonly (readonly [publicationId: string, record: string])[];
  readonly removedTracks: readonly string[];
}

/**
 * `behind`: written, but Redis has lost writes that it had confirmed before. `lost`: nothing was written, because the
 * write was partial and Redis does not have the session. `stale`: nothing was written, because a newer life of the node
 * has written.
 */
export interface WriteReply {
  readonly type: 'written' | 'behind' | 'lost' | 'stale';
  readonly serial: string;
}

export interface RegistryScripts {
  write(life: Life, write: SessionWrite): Promise<WriteReply>;
  remove(life: Life, removal: Revisions & { readonly appId: string; readonly sessionId: string }): Promise<WriteReply>;
  /** @returns how many of the sessions were removed; sessions of newer lives stay */
  sweep(life: Life, appId: string, sessionIds: readonly string[]): Promise<number>;
  /** @returns whether the lease of the life is running, whatever its record says */
  isLeased(life: Life): Promise<boolean>;
  /** Deletes a life whose sessions have been removed. */
  forget(life: Life): Promise<void>;
  readonly plain: PlainCommands;
}

/** Operations that need only a plain Redis command. */
export interface PlainCommands {
  registerApp(life: Life, appId: string): Promise<void>;
  unregisterApp(life: Life, appId: string): Promise<void>;
  appsOf(life: Life): Promise<readonly string[]>;
  lives(): Promise<readonly Life[]>;
  /** @returns the newest revision that Redis has; 0 if it has none */
  revisionOf(life: Life, appId: string): Promise<number>;
  setRevision(life: Life, appId: string, revision: number): Promise<void>;
  sessionsOwnedBy(life: Life, appId: string): Promise<readonly string[]>;
  /** @returns at most `count` of them */
  someOwnedBy(life: Life, appId: string, count: number): Promise<readonly string[]>;
  /** @returns false if another node is sweeping */
  takeBroom(life: Life, sweeper: number, forMs: number): Promise<boolean>;
}

const Written = z.tuple([z.enum(['written', 'behind', 'lost', 'stale']), z.string()]);
const Texts = z.array(z.string());

export function createRegistryScripts(link: RedisLink): RegistryScripts {
  const names = ['session-write', 'session-remove', 'sessions-sweep', 'node-leased', 'node-forget'] as const;
  const [writeScript, removeScript, sweepScript, leasedScript, forgetScript] = names.map(loadLuaScript) as [Lua, Lua, Lua, Lua, Lua];
  return {
    async write(life, { appId, sessionId, revision, confirmed, serial, isWhole, record, putTracks, removedTracks }) {
      const keys = appKeys(appId);
      const owned = [keys.ownedBy(lifeName(life)), keys.writesOf(lifeName(life))];
      const head = [sessionId, life.nodeNo, life.epoch, revision, confirmed, serial ?? '0', isWhole ? 'whole' : 'part', record ?? ''];
      return asWritten(
        await link.run(
          writeScript,
          [keys.session(sessionId), keys.tracks(sessionId), keys.index, keys.serial, ...owned],
          [...head, putTracks.length, ...putTracks.flat(), ...removedTracks],
        ),
      );
    },
    async remove(life, { appId, sessionId, revision, confirmed }) {
      const keys = appKeys(appId);
      const owned = [keys.ownedBy(lifeName(life)), keys.writesOf(lifeName(life))];
      const scriptKeys = [keys.session(sessionId), keys.tracks(sessionId), keys.index, ...owned];
      return asWritten(await link.run(removeScript, scriptKeys, [sessionId, life.nodeNo, life.epoch, revision, confirmed]));
    },
    async sweep(life, appId, sessionIds) {
      const keys = appKeys(appId);
      const perSession = sessionIds.flatMap((id) => [keys.session(id), keys.tracks(id)]);
      const scriptKeys = [keys.index, keys.ownedBy(lifeName(life)), keys.writesOf(lifeName(life)), ...perSession];
      return z.number().parse(await link.run(sweepScript, scriptKeys, [lifeName(life), ...sessionIds]));
    },
    async isLeased({ nodeNo, epoch }) {
      return (await link.run(leasedScript, [NODE_KEYS.epochs, NODE_KEYS.leases], [nodeNo, epoch])) === 1;
    },
    async forget({ nodeNo, epoch }) {
      const { epochs, leases, records, changes, lives } = NODE_KEYS;
      await link.run(forgetScript, [epochs, leases, records, changes, lives], [nodeNo, epoch]);
    },
    plain: createPlainCommands(link),
  };
}

function createPlainCommands(link: RedisLink): PlainCommands {
  const owned = (life: Life, appId: string): string => appKeys(appId).ownedBy(lifeName(life));
  const writes = (life: Life, appId: string): string => appKeys(appId).writesOf(lifeName(life));
  return {
    registerApp: async (life, appId) => void (await link.send(['SADD', NODE_KEYS.appsOf(lifeName(life)), appId])),
    unregisterApp: async (life, appId) => void (await link.send(['SREM', NODE_KEYS.appsOf(lifeName(life)), appId])),
    appsOf: async (life) => Texts.parse(await link.send(['SMEMBERS', NODE_KEYS.appsOf(lifeName(life))])),
    lives: async () => Texts.parse(await link.send(['SMEMBERS', NODE_KEYS.lives])).flatMap((name) => parseLifeName(name) ?? []),
    revisionOf: async (life, appId) => Number((await link.send(['GET', writes(life, appId)])) ?? 0),
    setRevision: async (life, appId, revision) => void (await link.send(['SET', writes(life, appId), revision])),
    sessionsOwnedBy: async (life, appId) => Texts.parse(await link.send(['SMEMBERS', owned(life, appId)])),
    someOwnedBy: async (life, appId, count) => Texts.parse(await link.send(['SRANDMEMBER', owned(life, appId), count])),
    takeBroom: async (life, sweeper, forMs) =>
      (await link.send(['SET', NODE_KEYS.sweeperOf(lifeName(life)), sweeper, 'NX', 'PX', forMs])) === 'OK',
  };
}

type Lua = ReturnType<typeof loadLuaScript>;

function asWritten(reply: unknown): WriteReply {
  const [type, serial] = Written.parse(reply);
  return { type, serial };
}
