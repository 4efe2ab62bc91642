/** The values that Redis keeps under keys. */

export interface StreamEntry {
  readonly id: string;
  readonly fields: readonly string[];
}

export type StoredValue =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'hash'; readonly fields: Map<string, string> }
  | { readonly type: 'set'; readonly members: Set<string> }
  | { readonly type: 'zset'; readonly scores: Map<string, number> }
  /** A stream remembers its last id even when that entry is gone. */
  | { readonly type: 'stream'; readonly entries: StreamEntry[]; lastId: string };

export interface StoredKey {
  readonly value: StoredValue;
  /** Milliseconds since 1970; undefined if the key never expires. */
  readonly expiresAtMs: number | undefined;
}

/** Replies as Redis sends them: text, whole numbers, null, and lists of these. */
export type ModelReply = string | number | null | readonly ModelReply[];

/** A reply to an invalid command, under the name that clients of Redis use. */
export class ModelReplyError extends Error {
  override readonly name = 'ReplyError';
}

export function copyOf(value: StoredValue): StoredValue {
  switch (value.type) {
    case 'string':
      return value;
    case 'hash':
      return { type: 'hash', fields: new Map(value.fields) };
    case 'set':
      return { type: 'set', members: new Set(value.members) };
    case 'zset':
      return { type: 'zset', scores: new Map(value.scores) };
    case 'stream':
      return { type: 'stream', entries: [...value.entries], lastId: value.lastId };
  }
}

/** Whether a value is empty. A key whose last element was removed no longer exists. */
export function isEmpty(value: StoredValue): boolean {
  switch (value.type) {
    case 'string':
      return false;
    case 'hash':
      return value.fields.size === 0;
    case 'set':
      return value.members.size === 0;
    case 'zset':
      return value.scores.size === 0;
    case 'stream':
      return false;
  }
}
