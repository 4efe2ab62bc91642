/**
 * Verifies each token once and remembers the result by the token's digest. Its expiry, and whether its key is still in
 * use, are checked each time.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { type AppId, SfuError } from '@causeway/protocol';
import { compactVerify } from 'jose/jws/compact/verify';
import type { App } from '../app/app.ts';
import { type AppTokenKey, openAppTokenKey, SFU_KEY_ID_PREFIX } from '../app/app-token-key.ts';
import type { SfuTokenKeys } from './sfu-token-keys.ts';
import { checkTime, readClaims, type TokenClaims } from './token-claims.ts';

/** Fits into a header along with others, and its claims fit into an assertion between nodes. */
export const MAX_TOKEN_LENGTH = 4_096;
const MAX_HEADER_LENGTH = 512;
const TOKEN = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)$/;

/** An entry takes some 1.5 KiB. */
const MAX_REMEMBERED = 10_000;
/** Verifications under way; each takes some 0.3 ms of a thread (`npm run bench -- tokens`). */
const MAX_UNDER_WAY = 256;
const RETRY_AFTER_MS = 1_000;

/** In milliseconds. */
export interface VerificationTime {
  /** What the calling thread spends on reading headers, hashing tokens and finding those that are remembered. */
  readonly lookUp: number;
  /** The time that checks spent in the thread pool, which includes their wait for a thread. */
  readonly signature: number;
}

interface Remembered {
  readonly key: VerificationKey;
  readonly claims: TokenClaims;
}

/** What a `kid` stands for. */
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
  /** By digest of app and token, in the order of their use. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #underWay = new Map<string, Promise<Remembered | undefined>>();
  readonly #opened = new WeakMap<AppTokenKey, KeyObject>();
  #verifications = 0;
  #lookUpMs = 0;
  #signatureMs = 0;

  /** @param nowMs milliseconds since 1970, by the clock that all nodes share */
  constructor(sfuKeys: SfuTokenKeys, nowMs: () => number) {
    this.#sfuKeys = sfuKeys;
    this.#nowMs = nowMs;
  }

  /** How many signatures were looked at; others were remembered or refused without a look. */
  get verifications(): number {
    return this.#verifications;
  }

  get remembered(): number {
    return this.#remembered.size;
  }

  /** What telling good tokens from others has taken so far. */
  get spentMs(): VerificationTime {
    return { lookUp: this.#lookUpMs, signature: this.#signatureMs };
  }

  /**
   * @param app undefined if there is none of that id; takes as long as if there were
   * @returns undefined if the text is not a token, or not one for this app
   * @throws token_expired, unauthorized – its signature is right, but it is not good now
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

  /** @returns undefined if no signature could make it a token for this app */
  #lookUp(appId: AppId, app: App | undefined, text: string) {
    const header = readHeader(text);
    const key = header === undefined ? undefined : this.#findKey(app, header.kid);
    if (header === undefined || key === undefined || header.alg !== key.alg) return undefined;
    const digest = createHash('sha256').update(`${appId} ${text}`).digest('base64');
    return { digest, key, remembered: this.#recall(digest, key) };
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

  /** The key may have been replaced by another one of the same id. */
  #recall(digest: string, { ofApp }: VerificationKey): Remembered | undefined {
    const known = this.#remembered.get(digest);
    if (known === undefined || known.key.ofApp?.key !== ofApp?.key) return undefined;
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
 * The fields of the header that choose the key. What a token says about keys itself (`jwk`, `jku`, `x5c`) is
 * never read, and extensions that must be understood (`crit`) are not.
 *
 * @returns undefined if it is not a token of an accepted length and shape
 */
function readHeader(text: string): { readonly kid: string; readonly alg: string } | undefined {
  const [, encoded, signature] = (text.length > MAX_TOKEN_LENGTH ? undefined : TOKEN.exec(text)) ?? [];
  if (encoded === undefined || signature === undefined || encoded.length > MAX_HEADER_LENGTH) return undefined;
  // The last digit has bits that mean nothing: one token must not have several texts.
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
