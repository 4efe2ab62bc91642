import { copyOf, isEmpty, ModelReplyError, type StoredKey, type StoredValue } from './stored-value.ts';

type ValueOf<Type extends StoredValue['type']> = Extract<StoredValue, { readonly type: Type }>;

/** The previous value of a key. */
interface Undo {
  readonly atMs: number;
  readonly key: string;
  readonly before: StoredKey | undefined;
}

/** A promoted replica lacks at most the writes of the last seconds. */
const UNDONE_WITHIN_MS = 20_000;

/** The keys of a Redis, with an undo log of the last seconds. */
export class Keyspace {
  readonly #keys = new Map<string, StoredKey>();
  readonly #undo: Undo[] = [];
  readonly #nowMs: () => number;
  readonly #monotonicMs: () => number;
  readonly #canBeTakenBack: boolean;

  /** @param nowMs milliseconds since 1970 on Redis's clock @param monotonicMs monotonic time in milliseconds */
  constructor(nowMs: () => number, monotonicMs: () => number, canBeTakenBack: boolean) {
    this.#canBeTakenBack = canBeTakenBack;
    this.#nowMs = nowMs;
    this.#monotonicMs = monotonicMs;
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()].filter((key) => this.#live(key) !== undefined);
  }

  /** @throws ModelReplyError – the key has a value of another type */
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

  /** Replaces the value and the time to live. */
  put(key: string, value: StoredValue, expiresAtMs?: number): void {
    this.#note(key);
    this.#keys.set(key, { value, expiresAtMs });
  }

  /**
   * Changes the value, or `fresh` if there is none, and stores it as another object. The key keeps its time to live. What a value holds is
   * copied only if a failover may bring back the former value.
   */
  change<Type extends StoredValue['type'], Result>(key: string, fresh: ValueOf<Type>, how: (value: ValueOf<Type>) => Result): Result {
    const known = this.find(key, fresh.type as Type) ?? fresh;
    const changed = (this.#canBeTakenBack ? copyOf(known) : { ...known }) as ValueOf<Type>;
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

  /** Undoes all writes of the last `lastMs`. */
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

  /** Records the previous value. Call it before a key is written; the former value stays as it is. */
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
