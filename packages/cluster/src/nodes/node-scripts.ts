/** The operations of nodes in Redis, one function per script. The keys and status words of the scripts appear only in this file. */
import { z } from 'zod';
import { NODE_HINTS, NODE_KEYS } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';

interface NodeLife {
  readonly nodeNo: number;
  readonly epoch: number;
}

export interface NodeUpReply {
  readonly epoch: number;
  /** Milliseconds since 1970 by Redis's clock, like every time below. */
  readonly redisNowMs: number;
}

export type RenewalReply =
  | { readonly type: 'superseded'; readonly byEpoch: number }
  | { readonly type: 'renewed'; readonly was: 'kept' | 'lapsed' | 'lost'; readonly redisNowMs: number };

export interface TableReading {
  readonly redisNowMs: number;
  /** Identifies the last change; pass it to the next read. */
  readonly serial: string;
  readonly leases: readonly { readonly nodeNo: number; readonly endsAtMs: number }[];
  /** Signed texts of the records that have changed. */
  readonly records: readonly { readonly nodeNo: number; readonly text: string }[];
}

/** The changes since the last read. */
export interface TableChanges extends Pick<TableReading, 'redisNowMs' | 'serial' | 'records'> {
  /** How many nodes have a lease, including leases that have ended. */
  readonly leaseCount: number;
  /** Leases that have ended. */
  readonly ended: TableReading['leases'];
  /** When the first of the running leases ends; undefined if there are none. */
  readonly nextEndMs: number | undefined;
}

export interface RecordNews {
  /** Signed record; undefined if it has not changed. */
  readonly text: string | undefined;
  /** Whether other nodes should be notified immediately. */
  readonly isUrgent: boolean;
}

export interface NodeScripts {
  up(nodeNo: number): Promise<NodeUpReply>;
  renew(life: NodeLife, leaseMs: number, news: RecordNews): Promise<RenewalReply>;
  leave(life: NodeLife): Promise<void>;
  /** Makes a life the newest again, after the newer one in Redis turned out to belong to no node. */
  reclaim(life: NodeLife): Promise<void>;
  readTable(sinceSerial: string): Promise<TableReading>;
  readChanges(sinceSerial: string): Promise<TableChanges>;
}

const Up = z.tuple([z.number(), z.number()]);
const Renewal = z.union([
  z.tuple([z.literal('superseded'), z.number()]),
  z.tuple([z.union([z.literal('kept'), z.literal('lapsed'), z.literal('lost')]), z.number()]),
]);
const Table = z.tuple([z.number(), z.string(), z.array(z.string()), z.array(z.string())]);
const Changes = z.tuple([z.number(), z.string(), z.number(), z.array(z.string()), z.string(), z.array(z.string())]);

export function createNodeScripts(link: RedisLink): NodeScripts {
  const names = ['node-up', 'node-renew', 'node-leave', 'node-reclaim', 'node-table', 'node-changes'] as const;
  const [up, renew, leave, reclaim, table, tableChanges] = names.map(loadLuaScript) as [Lua, Lua, Lua, Lua, Lua, Lua];
  const { epochs, leases, records, changes, lives } = NODE_KEYS;
  return {
    async up(nodeNo) {
      const [epoch, redisNowMs] = Up.parse(await link.run(up, [epochs, lives], [nodeNo]));
      return { epoch, redisNowMs };
    },
    async renew({ nodeNo, epoch }, leaseMs, { text, isUrgent }) {
      const words = [nodeNo, epoch, leaseMs, text ?? '', NODE_HINTS, isUrgent ? 1 : 0];
      const [was, number] = Renewal.parse(await link.run(renew, [epochs, leases, records, changes, lives], words));
      return was === 'superseded' ? { type: 'superseded', byEpoch: number } : { type: 'renewed', was, redisNowMs: number };
    },
    async leave({ nodeNo, epoch }) {
      await link.run(leave, [epochs, leases], [nodeNo, epoch, NODE_HINTS]);
    },
    async reclaim({ nodeNo, epoch }) {
      await link.run(reclaim, [epochs], [nodeNo, epoch]);
    },
    async readTable(sinceSerial) {
      const [redisNowMs, serial, ends, texts] = Table.parse(await link.run(table, [leases, records, changes], [sinceSerial]));
      return {
        redisNowMs,
        serial,
        leases: leasesOf(ends),
        records: recordsOf(texts),
      };
    },
    async readChanges(sinceSerial) {
      const reply = Changes.parse(await link.run(tableChanges, [leases, records, changes], [sinceSerial]));
      const [redisNowMs, serial, leaseCount, ends, nextEnd, texts] = reply;
      return {
        redisNowMs,
        serial,
        leaseCount,
        ended: leasesOf(ends),
        nextEndMs: nextEnd === '' ? undefined : Number(nextEnd),
        records: recordsOf(texts),
      };
    },
  };
}

function leasesOf(ends: readonly string[]): TableReading['leases'] {
  return pairs(ends).map(([nodeNo, endsAtMs]) => ({ nodeNo: Number(nodeNo), endsAtMs: Number(endsAtMs) }));
}

function recordsOf(texts: readonly string[]): TableReading['records'] {
  return pairs(texts).map(([nodeNo, text]) => ({ nodeNo: Number(nodeNo), text }));
}

type Lua = ReturnType<typeof loadLuaScript>;

function pairs(list: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index] ?? '', list[2 * index + 1] ?? ''] as const);
}
