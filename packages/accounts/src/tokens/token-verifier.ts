/**
 * Verifies each token once and remembers the result by the token's digest. Its expiry, and whether its key is still in
 * use, are checked each time.
 */
import { hash, type KeyObject } from 'node:crypto';
import { type AppId, SfuError } from '@causeway/protocol';
import { compactVerify } from 'jose/jws/compact/verify';
import type { App } from '../app/app.ts';
import { type AppTokenKey, openAppTokenKey, SFU_KEY_ID_PREFIX } from '../app/app-token-key.ts';
import type { SfuTokenKeys } from './sfu-token-keys.ts';
import { checkTime, readClaims, type TokenClaims } from './token-claims.ts';

/** Short enough for a header, and for its claims to fit into an assertion between nodes. */
export const MAX_TOKEN_LENGTH = 4_096;
const MAX_HEADER_LENGTH = 512;
const TOKEN = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)$/;

/** An entry takes about 1.5 KiB. */
const MAX_REMEMBERED = 10_000;
/** Concurrent verifications; each takes about 0.3 ms of a thread (`npm run bench -- tokens`). */
const MAX_UNDER_WAY = 256;
const RETRY_AFTER_MS = 1_000;

/** The time spent on verification, in milliseconds. */
export interface VerificationTime {
  /** The time that the calling thread spent on reading headers, hashing tokens and looking up earlier results. */
  readonly lookUp: number;
  /** The time that signatures spent in the thread pool, including the wait for a thread. */
  readonly signature: number;
}

interface Remembered {
  readonly key: VerificationKey;
  readonly claims: TokenClaims;
}

/** The key that a `kid` refers to. */
interface VerificationKey {
  readonly kid: string;
  readonly alg: string;
  /** The app's key; undefined for a key of the SFU. */
  readonly ofApp: AppTokenKey | undefined;
  readonly open: () => KeyObject;
}

export class TokenVerifier {
  readonly #sfuKeys: SfuTokenKeys;
  readonly #nowMs: () => number;
  /** Results by digest of app and token, in order of use. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #underWay = new Map<string, Promise<Remembered | undefined>>();
  readonly #opened = new WeakMap<AppTokenKey, KeyObject>();
  #verifications = 0;
  #lookUpMs = 0;
  #signatureMs = 0;

  /** @param nowMs milliseconds since 1970, on the clock that all nodes share */
  constructor(sfuKeys: SfuTokenKeys, nowMs: () => number) {
    this.#sfuKeys = sfuKeys;
    this.#nowMs = nowMs;
  }

  /** The number of signatures verified; other tokens were remembered, or refused before that. */
  get verifications(): number {
    return this.#verifications;
  }

  get remembered(): number {
    return this.#remembered.size;
  }

  /** The time spent on verification so far. */
  get spentMs(): VerificationTime {
    return { lookUp: this.#lookUpMs, signature: this.#signatureMs };
  }

  /**
   * @param app undefined if no app has that id, which takes equally long
   * @returns undefined if the text is not a token for this app
   * @throws token_expired, unauthorized – the signature is valid, but the token is not valid now
   * @throws rate_limited – too many tokens are being verified
   */
  async verify(appId: AppId, app: App | undefined, text: string): Promise<TokenClaims['grants'] | undefined> {
    const startedMs = performance.now();
    const beginning = this.#lookUp(appId, app, text);
    this.#lookUpMs += performance.now() - startedMs;
    if (beginning === undefined) return undefined;
    const { digest, key, remembered } = beginning;
    const found = remembered ?? (await this.#verifyOnce(digest, appId, key, text));
    if (found === undefined || app === undefined) return undefined;
    checkTime(found.claims, this.#nowMs() / 1_000);
    return found.claims.grants;
  }

  /** @returns undefined if the text cannot be a token for this app, whatever its signature */
  #lookUp(appId: AppId, app: App | undefined, text: string) {
    if (text.length > MAX_TOKEN_LENGTH) return undefined;
    const digest = hash('sha256', `${appId} ${text}`, 'base64');
    // Most tokens come many times, and the header of those need not be read again.
    const remembered = this.#recall(digest, app);
    if (remembered !== undefined) return { digest, key: remembered.key, remembered };
    const header = readHeader(text);
    const key = header === undefined ? undefined : this.#findKey(app, header.kid);
    return key === undefined || header?.alg !== key.alg ? undefined : { digest, key, remembered };
  }

  #findKey(app: App | undefined, kid: string): VerificationKey | undefined {
    if (kid.startsWith(SFU_KEY_ID_PREFIX)) {
      const key = this.#sfuKeys.find(kid);
      return key && { kid, alg: 'EdDSA', ofApp: undefined, open: () => key.publicKey };
    }
    const ofApp = app?.tokenKeys?.find((key) => key.kid === kid);
    return ofApp && { kid, alg: ofApp.alg, ofApp, open: () => this.#open(ofApp) };
  }

  #open(key: AppTokenKey): KeyObject {
    const opened = this.#opened.get(key) ?? openAppTokenKey(key);
    this.#opened.set(key, opened);
    return opened;
  }

  /** Returns an earlier result, unless its key is no longer in use or was replaced with another one of the same id. */
  #recall(digest: string, app: App | undefined): Remembered | undefined {
    const known = this.#remembered.get(digest);
    const key = known && this.#findKey(app, known.key.kid);
    if (known === undefined || key === undefined || key.alg !== known.key.alg || key.ofApp?.key !== known.key.ofApp?.key) return undefined;
    this.#remembered.delete(digest);
    this.#remembered.set(digest, known);
    return known;
  }

  #verifyOnce(digest: string, appId: AppId, key: VerificationKey, text: string): Promise<Remembered | undefined> {
    const begun = this.#underWay.get(digest);
    if (begun !== undefined) return begun;
    if (this.#underWay.size >= MAX_UNDER_WAY) {
      throw new SfuError('rate_limited', 'too many tokens are being verified at once', { retryAfterMs: RETRY_AFTER_MS });
    }
    const verifying = this.#verifySignature(digest, appId, key, text).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, verifying);
    return verifying;
  }

  async #verifySignature(digest: string, appId: AppId, key: VerificationKey, text: string): Promise<Remembered | undefined> {
    this.#verifications++;
    const startedMs = performance.now();
    const verified = await compactVerify(text, key.open(), { algorithms: [key.alg] }).catch(() => undefined);
    this.#signatureMs += performance.now() - startedMs;
    const claims = verified && readClaims(verified.payload, appId);
    if (claims === undefined) return undefined;
    const found = { key, claims };
    this.#remembered.set(digest, found);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    return found;
  }
}

/**
 * Reads the header fields that select the key. Keys within a token (`jwk`, `jku`, `x5c`) are never used, and
 * tokens with critical extensions (`crit`) are refused.
 *
 * @returns undefined if the text does not have the format of a token
 */
function readHeader(text: string): { readonly kid: string; readonly alg: string } | undefined {
  const [, encoded, signature] = TOKEN.exec(text) ?? [];
  if (encoded === undefined || signature === undefined || encoded.length > MAX_HEADER_LENGTH) return undefined;
  // The last base64url character has unused bits, and a token must not have several texts.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return undefined;
  try {
    const header: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    if (typeof header !== 'object' || header === null) return undefined;
    const { kid, alg, crit, cty, typ = 'JWT' } = header as Readonly<Record<string, unknown>>;
    const isPlain = crit === undefined && cty === undefined && typeof typ === 'string' && typ.toUpperCase() === 'JWT';
    return isPlain && typeof kid === 'string' && typeof alg === 'string' ? { kid, alg } : undefined;
  } catch {
    return undefined;
  }
}
