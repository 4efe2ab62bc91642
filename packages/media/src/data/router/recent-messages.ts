/**
 * Recent messages of a publication that has copies elsewhere. If the route to a copy breaks, the next copy starts with them, so that
 * subscribers miss nothing.
 */
import type { NumberedMessage } from './numbered-message.ts';

/** Longer than it takes to find another route to a node, or to give up. */
const MAX_AGE_MS = 15_000;
/** Half of what may wait on a link, where they are all sent at once. The bytes are shared with the send queues. */
const MAX_BYTES = 4 << 20;
/** What all publications of an engine may keep together. Each may use as much as is still free. */
const MAX_POOL_BYTES = 64 << 20;
/** Counted for each entry in addition to its bytes. */
const ENTRY_BYTES = 64;
/** Entries are removed from the front in batches, because each removal moves all the others. */
const COMPACT_AFTER = 64;
/** How often publications that have become silent are trimmed. */
const SWEEP_INTERVAL_MS = 1_000;

interface RecentMessage {
  readonly atMs: number;
  readonly numbered: NumberedMessage;
}

/** Accounts for the messages that all publications of an engine keep. */
export class RecentPool {
  bytes = 0;
  readonly #members = new Set<RecentMessages>();
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  get freeBytes(): number {
    return MAX_POOL_BYTES - this.bytes;
  }

  open(): RecentMessages {
    const member = new RecentMessages(this);
    this.#members.add(member);
    return member;
  }

  close(member: RecentMessages): void {
    this.#members.delete(member);
  }

  /** Releases messages that are too old, even of publications that send nothing more. */
  sweep(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < SWEEP_INTERVAL_MS) return;
    this.#sweptAtMs = nowMs;
    for (const member of this.#members) member.trim(nowMs);
  }
}

export class RecentMessages {
  readonly #pool: RecentPool;
  #entries: RecentMessage[] = [];
  #head = 0;
  #bytes = 0;

  constructor(pool: RecentPool) {
    this.#pool = pool;
  }

  add(nowMs: number, numbered: NumberedMessage): void {
    this.#pool.sweep(nowMs);
    this.#entries.push({ atMs: nowMs, numbered });
    this.#count(costOf(numbered));
    this.trim(nowMs);
  }

  /** Oldest first. */
  all(nowMs: number): readonly NumberedMessage[] {
    this.trim(nowMs);
    return this.#entries.slice(this.#head).map(({ numbered }) => numbered);
  }

  trim(nowMs: number): void {
    const entries = this.#entries;
    for (; this.#head < entries.length; this.#head++) {
      const { atMs, numbered } = entries[this.#head];
      const isOver = this.#bytes > MAX_BYTES || this.#pool.freeBytes < 0;
      if (!isOver && nowMs - atMs <= MAX_AGE_MS) break;
      this.#count(-costOf(numbered));
    }
    if (this.#head < COMPACT_AFTER || this.#head * 2 < entries.length) return;
    this.#entries = entries.slice(this.#head);
    this.#head = 0;
  }

  close(): void {
    this.#count(-this.#bytes);
    this.#entries = [];
    this.#head = 0;
    this.#pool.close(this);
  }

  #count(sizeBytes: number): void {
    this.#bytes += sizeBytes;
    this.#pool.bytes += sizeBytes;
  }
}

function costOf({ message }: NumberedMessage): number {
  return message.data.length + ENTRY_BYTES;
}
