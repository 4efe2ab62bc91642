/** The commands of Redis 7 that this project and its scripts use. All others are refused. */
import type { Keyspace } from './keyspace.ts';
import { type ModelReply, ModelReplyError, type StreamEntry } from './stored-value.ts';

export interface CommandScene {
  readonly keys: Keyspace;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly publish: (channel: string, message: string) => number;
  /** 40 hexadecimal digits, others after each start and each failover. */
  readonly replicationId: () => string;
  /** Whether members and scores are returned as pairs (RESP3) or as a flat list (RESP2). */
  readonly pairsScores: boolean;
}

type Command = (scene: CommandScene, words: readonly string[]) => ModelReply;

export const COMMANDS: Readonly<Record<string, Command>> = {
  PING: () => 'PONG',
  TIME: ({ nowMs }) => [String(Math.floor(nowMs() / 1000)), String(Math.floor((nowMs() % 1000) * 1000))],
  FLUSHALL({ keys }) {
    keys.clear();
    return 'OK';
  },
  INFO({ replicationId }, [section = '']) {
    if (section !== 'replication') throw new ModelReplyError(`ERR the model has no information on ${section}`);
    return `# Replication\r\nrole:master\r\nmaster_replid:${replicationId()}\r\n`;
  },
  DBSIZE: ({ keys }) => keys.names.length,
  KEYS: ({ keys }, [pattern = '*']) => keys.names.filter((name) => isLike(name, pattern)),
  EXISTS: ({ keys }, names) => names.filter((name) => keys.has(name)).length,
  DEL: ({ keys }, names) => names.filter((name) => keys.remove(name)).length,
  EXPIRE: ({ keys, nowMs }, [key = '', seconds]) => Number(keys.expire(key, nowMs() + whole(seconds) * 1000)),
  PEXPIRE: ({ keys, nowMs }, [key = '', ms]) => Number(keys.expire(key, nowMs() + whole(ms))),
  PTTL: (scene, [key = '']) => timeToLive(scene, key),
  TTL: (scene, [key = '']) => (timeToLive(scene, key) < 0 ? timeToLive(scene, key) : Math.round(timeToLive(scene, key) / 1000)),
  PUBLISH: ({ publish }, [channel = '', message = '']) => publish(channel, message),

  GET: ({ keys }, [key = '']) => keys.find(key, 'string')?.text ?? null,
  SET: set,

  HGET: ({ keys }, [key = '', field = '']) => keys.find(key, 'hash')?.fields.get(field) ?? null,
  HMGET: ({ keys }, [key = '', ...fields]) => fields.map((field) => keys.find(key, 'hash')?.fields.get(field) ?? null),
  HVALS: ({ keys }, [key = '']) => [...(keys.find(key, 'hash')?.fields.values() ?? [])],
  HGETALL: ({ keys }, [key = '']) => [...(keys.find(key, 'hash')?.fields ?? [])].flat(),
  HEXISTS: ({ keys }, [key = '', field = '']) => Number(keys.find(key, 'hash')?.fields.has(field) ?? false),
  HSET: ({ keys }, [key = '', ...pairs]) =>
    keys.change(key, { type: 'hash', fields: new Map() }, ({ fields }) => {
      const before = fields.size;
      for (const [field, value] of inPairs(pairs)) fields.set(field, value);
      return fields.size - before;
    }),
  HDEL: ({ keys }, [key = '', ...gone]) =>
    keys.change(key, { type: 'hash', fields: new Map() }, ({ fields }) => gone.filter((field) => fields.delete(field)).length),
  HINCRBY({ keys }, [key = '', field = '', by]) {
    const added = whole(by);
    return keys.change(key, { type: 'hash', fields: new Map() }, ({ fields }) => {
      const value = whole(fields.get(field) ?? '0') + added;
      fields.set(field, String(value));
      return value;
    });
  },

  SADD: ({ keys }, [key = '', ...added]) =>
    keys.change(key, { type: 'set', members: new Set() }, ({ members }) => {
      const before = members.size;
      for (const member of added) members.add(member);
      return members.size - before;
    }),
  SREM: ({ keys }, [key = '', ...gone]) =>
    keys.change(key, { type: 'set', members: new Set() }, ({ members }) => gone.filter((member) => members.delete(member)).length),
  SMEMBERS: ({ keys }, [key = '']) => [...(keys.find(key, 'set')?.members ?? [])],
  SISMEMBER: ({ keys }, [key = '', member = '']) => Number(keys.find(key, 'set')?.members.has(member) ?? false),
  SRANDMEMBER({ keys, random }, [key = '', count]) {
    const members = [...(keys.find(key, 'set')?.members ?? [])].map((member) => ({ member, place: random() }));
    members.sort((one, other) => one.place - other.place);
    return members.slice(0, whole(count)).map(({ member }) => member);
  },

  ZADD: addToSortedSet,
  ZREM: ({ keys }, [key = '', ...gone]) =>
    keys.change(key, { type: 'zset', scores: new Map() }, ({ scores }) => gone.filter((member) => scores.delete(member)).length),
  ZREMRANGEBYSCORE: (scene, [key = '', from = '', to = '']) =>
    scene.keys.change(
      key,
      { type: 'zset', scores: new Map() },
      ({ scores }) => byScore(scene, key, from, to).filter(([member]) => scores.delete(member)).length,
    ),
  ZCARD: ({ keys }, [key = '']) => keys.find(key, 'zset')?.scores.size ?? 0,
  ZSCORE({ keys }, [key = '', member = '']) {
    const score = keys.find(key, 'zset')?.scores.get(member);
    return score === undefined ? null : scoreText(score);
  },
  ZCOUNT: (scene, [key = '', from = '', to = '']) => byScore(scene, key, from, to).length,
  ZRANGE: (scene, [key = '', from, to, option]) => members(scene, slice(sorted(scene, key), from, to), option),
  ZREVRANGE: (scene, [key = '', from, to, option]) => members(scene, slice(sorted(scene, key).toReversed(), from, to), option),
  ZRANGEBYSCORE(scene, [key = '', from = '', to = '', ...options]) {
    const limit = options.indexOf('LIMIT');
    const [offset, count] = limit === -1 ? [0, Number.POSITIVE_INFINITY] : [whole(options[limit + 1]), whole(options[limit + 2])];
    return members(
      scene,
      byScore(scene, key, from, to).slice(offset, offset + count),
      options.find((option) => option === 'WITHSCORES'),
    );
  },

  XADD: addToStream,
  XTRIM: trimStream,
  XLEN: ({ keys }, [key = '']) => keys.find(key, 'stream')?.entries.length ?? 0,
  XRANGE: ({ keys }, [key = '', from = '', to = '', ...options]) =>
    limited(entriesBetween(keys.find(key, 'stream')?.entries ?? [], from, to), options),
  XREVRANGE: ({ keys }, [key = '', to = '', from = '', ...options]) =>
    limited(entriesBetween(keys.find(key, 'stream')?.entries ?? [], from, to).toReversed(), options),
};

type Scored = readonly [member: string, score: number];

function set({ keys, nowMs }: CommandScene, [key = '', text = '', ...options]: readonly string[]): ModelReply {
  if (options.includes('NX') && keys.has(key)) return null;
  const [ms, seconds] = [options.indexOf('PX'), options.indexOf('EX')];
  const forMs = ms !== -1 ? whole(options[ms + 1]) : seconds !== -1 ? whole(options[seconds + 1]) * 1000 : undefined;
  if (forMs !== undefined && forMs <= 0) throw new ModelReplyError("ERR invalid expire time in 'set' command");
  keys.put(key, { type: 'string', text }, forMs === undefined ? undefined : nowMs() + forMs);
  return 'OK';
}

function timeToLive({ keys, nowMs }: CommandScene, key: string): number {
  if (!keys.has(key)) return -2;
  const atMs = keys.expiryOf(key);
  return atMs === undefined ? -1 : Math.ceil(atMs - nowMs());
}

function addToSortedSet({ keys }: CommandScene, [key = '', ...words]: readonly string[]): ModelReply {
  const changesOnly = words[0] === 'XX';
  const pairs = inPairs(changesOnly ? words.slice(1) : words).map(([score, member]): Scored => [member, float(score)]);
  return keys.change(key, { type: 'zset', scores: new Map() }, ({ scores }) => {
    const before = scores.size;
    for (const [member, score] of pairs) if (!changesOnly || scores.has(member)) scores.set(member, score);
    return scores.size - before;
  });
}

/** Every change stores another value, so the sorted form of a value is kept. */
const inOrder = new WeakMap<object, readonly Scored[]>();

/** Returns members sorted by score, then by text. */
function sorted({ keys }: CommandScene, key: string): readonly Scored[] {
  const value = keys.find(key, 'zset');
  if (value === undefined) return [];
  const known = inOrder.get(value);
  if (known !== undefined) return known;
  const all = [...value.scores].sort(([one, oneScore], [other, otherScore]) => oneScore - otherScore || (one < other ? -1 : 1));
  inOrder.set(value, all);
  return all;
}

function byScore(scene: CommandScene, key: string, from: string, to: string): readonly Scored[] {
  const [isAfter, isBefore] = [bound(from, (score, limit) => score > limit), bound(to, (score, limit) => score < limit)];
  return sorted(scene, key).filter(([, score]) => isAfter(score) && isBefore(score));
}

function bound(text: string, isBeyond: (score: number, limit: number) => boolean): (score: number) => boolean {
  const isExclusive = text.startsWith('(');
  const limit = float(isExclusive ? text.slice(1) : text);
  return (score) => isBeyond(score, limit) || (!isExclusive && score === limit);
}

function members({ pairsScores }: CommandScene, found: readonly Scored[], option: string | undefined): ModelReply {
  if (option !== 'WITHSCORES') return found.map(([member]) => member);
  const pairs = found.map(([member, score]) => [member, scoreText(score)]);
  return pairsScores ? pairs : pairs.flat();
}

function slice<Item>(items: readonly Item[], from: string | undefined, to: string | undefined): readonly Item[] {
  const last = whole(to);
  return items.slice(whole(from), last === -1 ? undefined : last + 1);
}

/** Handles `key [MINID ~ id] * field value`, or an id in place of `*`. Redis may trim approximately, but this trims exactly. */
function addToStream({ keys, nowMs }: CommandScene, [key = '', ...words]: readonly string[]): ModelReply {
  const trims = words[0] === 'MINID';
  const place = trims ? words.indexOf('*') : 0;
  return keys.change(key, { type: 'stream', entries: [], lastId: '0-0' }, (stream) => {
    const { entries, lastId: last } = stream;
    const id = words[place] === '*' ? nextId(nowMs(), last) : String(words[place]);
    if (compareIds(id, last) <= 0)
      throw new ModelReplyError('ERR The ID specified in XADD is equal or smaller than the target stream top item');
    entries.push({ id, fields: words.slice(place + 1) });
    stream.lastId = id;
    if (trims) dropBefore(entries, words[place - 1] ?? '0-0');
    return id;
  });
}

function nextId(nowMs: number, last: string): string {
  const candidate = `${Math.floor(nowMs)}-0`;
  return compareIds(candidate, last) > 0 ? candidate : `${idParts(last)[0]}-${idParts(last)[1] + 1}`;
}

/** Handles `key MINID id` and `key MAXLEN count`, which trim exactly. */
function trimStream({ keys }: CommandScene, [key = '', by, bound = '']: readonly string[]): ModelReply {
  if (keys.find(key, 'stream') === undefined) return 0;
  return keys.change(key, { type: 'stream', entries: [], lastId: '0-0' }, ({ entries }) => {
    if (by === 'MINID') return dropBefore(entries, bound);
    if (by !== 'MAXLEN') throw new ModelReplyError('ERR syntax error');
    return entries.splice(0, Math.max(0, entries.length - whole(bound))).length;
  });
}

function dropBefore(entries: StreamEntry[], id: string): number {
  return entries.splice(
    0,
    countBefore(entries, (entry) => compareIds(entry.id, id) < 0),
  ).length;
}

/** Returns the entries in a range. Either bound may be exclusive; `-` and `+` stand for the first and the last entry. */
function entriesBetween(entries: readonly StreamEntry[], from: string, to: string): readonly StreamEntry[] {
  const start = countBefore(entries, ({ id }) => !isBeyond(id, from, '-', (order) => order > 0));
  const end = countBefore(entries, ({ id }) => isBeyond(id, to, '+', (order) => order < 0));
  return entries.slice(start, end);
}

/** @returns how many of the entries, which are sorted by id, are before a bound */
function countBefore(entries: readonly StreamEntry[], isBefore: (entry: StreamEntry) => boolean): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && isBefore(entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBeyond(id: string, bound: string, none: '-' | '+', isInside: (order: number) => boolean): boolean {
  if (bound === none) return true;
  const order = compareIds(id, bound.replace('(', ''));
  return isInside(order) || (order === 0 && !bound.startsWith('('));
}

function limited(entries: readonly StreamEntry[], options: readonly string[]): ModelReply {
  const count = options[0] === 'COUNT' ? whole(options[1]) : entries.length;
  return entries.slice(0, count).map(({ id, fields }) => [id, fields]);
}

function compareIds(one: string, other: string): number {
  const [[oneMs, oneNo], [otherMs, otherNo]] = [idParts(one), idParts(other)];
  return oneMs - otherMs || oneNo - otherNo;
}

function idParts(id: string): readonly [ms: number, number: number] {
  const [ms, number = '0'] = id.split('-');
  return [Number(ms), Number(number)];
}

function inPairs(words: readonly string[]): readonly (readonly [string, string])[] {
  if (words.length % 2 !== 0) throw new ModelReplyError('ERR syntax error');
  return Array.from({ length: words.length / 2 }, (_, index) => [words[2 * index] ?? '', words[2 * index + 1] ?? ''] as const);
}

function whole(text: string | undefined): number {
  if (text === undefined || !/^-?\d+$/.test(text)) throw new ModelReplyError('ERR value is not an integer or out of range');
  return Number(text);
}

function float(text: string): number {
  if (text === '+inf' || text === 'inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new ModelReplyError('ERR value is not a valid float');
  return value;
}

function scoreText(score: number): string {
  if (Number.isFinite(score)) return String(score);
  return score > 0 ? 'inf' : '-inf';
}

function isLike(name: string, pattern: string): boolean {
  if (/[?[\]\\^$|().+]/.test(pattern)) throw new Error(`the model knows only * in patterns, not ${pattern}`);
  return new RegExp(`^${pattern.replace(/[{}]/g, '\\$&').replaceAll('*', '.*')}$`, 's').test(name);
}
