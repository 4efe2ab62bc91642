import { type AppId, MAX_TOKEN_SECONDS, type RevokedTokens, SfuError, type TokenGrants } from '@causeway/protocol';

/** Daily limits for one app and for all apps; an entry takes about 200 bytes. */
const MAX_PER_APP = 10_000;
const MAX_ENTRIES = 100_000;
/** No token is valid for longer, so older revocations can be forgotten. */
const KEPT_FOR_MS = MAX_TOKEN_SECONDS * 1_000;
/** The limit including revocations accepted by other nodes, which take effect here even if this node would have had no room. */
const MAX_LEARNT = 2 * MAX_ENTRIES;

/** Revokes a token by its id, or all tokens of a subject issued up to a time. */
export interface Revocation {
  readonly appId: AppId;
  readonly revoked: RevokedTokens;
  /** Whether sessions created with such tokens are closed. */
  readonly closesSessions: boolean;
}

interface Entry extends Revocation {
  readonly addedAtMs: number;
}

/** The revocations of the last day, in memory, because every call checks them. */
export class RevocationList {
  readonly #nowMs: () => number;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #countOf = new Map<AppId, number>();

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** All of them, the oldest first. */
  get all(): readonly Revocation[] {
    return [...this.#entries.values()];
  }

  isRevoked(appId: AppId, { sub, jti, iat }: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean {
    if (this.#entries.has(keyOf(appId, { by: 'jti', jti }))) return true;
    const ofSubject = this.#entries.get(keyOf(appId, { by: 'sub', sub, issuedUntil: 0 }));
    return ofSubject?.revoked.by === 'sub' && iat <= ofSubject.revoked.issuedUntil;
  }

  /**
   * Checks that there is room for another revocation.
   *
   * @throws quota_exceeded – the app has revoked as many tokens as are remembered
   */
  checkRoom(appId: AppId): void {
    this.#forgetOld();
    if ((this.#countOf.get(appId) ?? 0) < MAX_PER_APP && this.#entries.size < MAX_ENTRIES) return;
    throw new SfuError('quota_exceeded', `an app may revoke ${MAX_PER_APP} tokens and subjects a day; revoke a whole subject at once`);
  }

  /** @returns false if it was already known and changes nothing */
  add(revocation: Revocation): boolean {
    const { appId, revoked } = revocation;
    const key = keyOf(appId, revoked);
    const known = this.#entries.get(key);
    if (known !== undefined && covers(known, revocation)) return false;
    this.#forget(key);
    this.#entries.set(key, { ...revocation, addedAtMs: this.#nowMs() });
    this.#countOf.set(appId, (this.#countOf.get(appId) ?? 0) + 1);
    this.#forgetOld();
    return true;
  }

  #forgetOld(): void {
    const oldestMs = this.#nowMs() - KEPT_FOR_MS;
    for (const [key, { addedAtMs }] of this.#entries) {
      if (addedAtMs >= oldestMs && this.#entries.size <= MAX_LEARNT) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const left = (this.#countOf.get(entry.appId) ?? 1) - 1;
    if (left === 0) this.#countOf.delete(entry.appId);
    else this.#countOf.set(entry.appId, left);
  }
}

/** Ids of apps and tokens contain no spaces. */
function keyOf(appId: AppId, revoked: RevokedTokens): string {
  return revoked.by === 'jti' ? `${appId} jti ${revoked.jti}` : `${appId} sub ${revoked.sub}`;
}

function covers(known: Revocation, { revoked, closesSessions }: Revocation): boolean {
  if (closesSessions && !known.closesSessions) return false;
  if (revoked.by === 'jti' || known.revoked.by === 'jti') return true;
  return known.revoked.issuedUntil >= revoked.issuedUntil;
}
