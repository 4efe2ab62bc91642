/**
 * The keys with which the SFU signs tokens. All nodes that share a secret have the same ones, and each is in use for a
 * day, so an attacker who learns one can sign tokens for at most two days.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { MAX_TOKEN_SECONDS } from '@causeway/protocol';
import { SFU_KEY_ID_PREFIX } from '../app/app-token-key.ts';

/** The longest validity of a token, so that a token outlives its key by at most one period. */
const PERIOD_MS = MAX_TOKEN_SECONDS * 1_000;
/** The tolerated difference between clocks of nodes when keys change. */
const SKEW_MS = 60_000;
const SEED_SIZE_BYTES = 32;
/** Changes with the meaning of the derived keys. */
const SALT = 'causeway token keys 1';
/** The DER that precedes the seed in PKCS #8 for Ed25519 (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_ID = new RegExp(`^${SFU_KEY_ID_PREFIX}([1-9][0-9]{0,9})$`);

export interface SfuTokenKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export class SfuTokenKeys {
  readonly #secret: KeyObject;
  readonly #nowMs: () => number;
  /** The keys of the current periods only. */
  readonly #keys = new Map<number, SfuTokenKey>();

  /**
   * @param secret at least 256 bits, known only to nodes and used for nothing else
   * @param nowMs milliseconds since 1970, on the clock that all nodes share
   */
  constructor(secret: KeyObject, nowMs: () => number) {
    this.#secret = secret;
    this.#nowMs = nowMs;
  }

  /** The key that signs new tokens. */
  get current(): SfuTokenKey {
    return this.#keyOf(this.#periodAt(this.#nowMs()));
  }

  /** @returns undefined if no current key has this id */
  find(kid: string): SfuTokenKey | undefined {
    const period = Number(KEY_ID.exec(kid)?.[1] ?? Number.NaN);
    const nowMs = this.#nowMs();
    const present = this.#periodAt(nowMs);
    const isLive = period === present || period === present - 1 || period === this.#periodAt(nowMs + SKEW_MS);
    return isLive ? this.#keyOf(period) : undefined;
  }

  #periodAt(atMs: number): number {
    return Math.floor(atMs / PERIOD_MS);
  }

  #keyOf(period: number): SfuTokenKey {
    const known = this.#keys.get(period);
    if (known !== undefined) return known;
    const seed = Buffer.from(hkdfSync('sha256', this.#secret, SALT, `ed25519 ${period}`, SEED_SIZE_BYTES));
    const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    const key = { kid: `${SFU_KEY_ID_PREFIX}${period}`, privateKey, publicKey: createPublicKey(privateKey) };
    for (const old of this.#keys.keys()) if (Math.abs(old - period) > 2) this.#keys.delete(old);
    this.#keys.set(period, key);
    return key;
  }
}
