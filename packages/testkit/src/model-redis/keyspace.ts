import { copyOf, isEmpty, ModelReplyError, type StoredKey, type StoredValue } from './stored-value.ts';

type ValueOf<Type extends StoredValue['type']> = Extract<StoredValue, { readonly type: Type }>;

/** How a key was before it was written. */
interface Undo {
  readonly atMs: number;
  readonly key: string;
  readonly before: StoredKey | undefined;
}

/** A replica that is promoted lacks the writes of some seconds, never of more. */
const UNDONE_WITHIN_MS = 20_000;

/** The keys of a Redis, and what has been done to them in the last seconds, so that it can be taken back. */
export class Keyspace {
  readonly #keys = new Map<string, StoredKey>();
  readonly #undo: Undo[] = [];
  readonly #nowMs: () => number;
  readonly #monotonicMs: () => number;
  readonly #canBeTakenBack: boolean;

  /** @param nowMs milliseconds since 1970, by Redis's clock; @param monotonicMs by a monotonic clock */
  constructor(nowMs: () => number, monotonicMs: () => number, canBeTakenBack: boolean) {
    this.#canBeTakenBack = canBeTakenBack;
    this.#nowMs = nowMs;
    this.#monotonicMs = monotonicMs;
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()].filter((key) => this.#live(key) !== undefined);
  }

  /** @throws ModelReplyError – something of another type is there */
  find<Type extends StoredValue['type']>(key: string, type: Type): ValueOf<Type> | undefined {
    const value = this.#live(key)?.value;
    if (value === undefined) return undefined;
    if (value.type !== type) throw new ModelReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');
    return value as ValueOf<Type>;
  }

  has(key: string): boolean {
    return this.#live(key) !== undefined;
  }

  expiryOf(key: string): number | undefined {
    return this.#live(key)?.expiresAtMs;
  }

  /** Replaces what is there, its time to live included. */
  put(key: string, value: StoredValue, expiresAtMs?: number): void {
    this.#note(key);
    this.#keys.set(key, { value, expiresAtMs });
  }

  /** Changes what is there, or `fresh` if nothing is, in a copy of its own. The key keeps its time to live. */
  change<Type extends StoredValue['type'], Result>(key: string, fresh: ValueOf<Type>, how: (value: ValueOf<Type>) => Result): Result {
    const known = this.find(key, fresh.type as Type);
    const changed = copyOf(known ?? fresh) as ValueOf<Type>;
    const result = how(changed);
    this.#note(key);
    if (isEmpty(changed)) this.#keys.delete(key);
    else this.#keys.set(key, { value: changed, expiresAtMs: this.#keys.get(key)?.expiresAtMs });
    return result;
  }

  expire(key: string, atMs: number): boolean {
    const known = this.#live(key);
    if (known === undefined) return false;
    this.put(key, known.value, atMs);
    return true;
  }

  remove(key: string): boolean {
    if (this.#live(key) === undefined) return false;
    this.#note(key);
    this.#keys.delete(key);
    return true;
  }

  clear(): void {
    this.#keys.clear();
    this.#undo.length = 0;
  }

  /** Everything is as it was so long ago. */
  takeBack(lastMs: number): void {
    if (!this.#canBeTakenBack) throw new Error('this model keeps no history');
    const untilMs = this.#monotonicMs() - lastMs;
    for (let last = this.#undo.at(-1); last !== undefined && last.atMs > untilMs; last = this.#undo.at(-1)) {
      this.#undo.pop();
      if (last.before === undefined) this.#keys.delete(last.key);
      else this.#keys.set(last.key, last.before);
    }
  }

  #live(key: string): StoredKey | undefined {
    const stored = this.#keys.get(key);
    if (stored?.expiresAtMs === undefined || stored.expiresAtMs > this.#nowMs()) return stored;
    this.#keys.delete(key);
    return undefined;
  }

  /** To be called before a key is written: values are never changed in place. */
  #note(key: string): void {
    if (!this.#canBeTakenBack) return;
    const atMs = this.#monotonicMs();
    this.#undo.push({ atMs, key, before: this.#live(key) });
    if ((this.#undo[0]?.atMs ?? atMs) < atMs - 2 * UNDONE_WITHIN_MS) {
      const kept = this.#undo.filter((each) => each.atMs >= atMs - UNDONE_WITHIN_MS);
      this.#undo.splice(0, this.#undo.length, ...kept);
    }
  }
}
