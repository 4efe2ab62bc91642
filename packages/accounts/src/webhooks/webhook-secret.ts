/**
 * The secrets of webhooks, and signatures with them.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { openSealedText, sealText } from '../seal/sealed-text.ts';

const ID_SIZE_BYTES = 9;
const SECRET_SIZE_BYTES = 32;
const SECRET_PREFIX = 'whsec_';
const PUBLIC_KEY_PREFIX = 'whpk_';
const SEED_SIZE_BYTES = 32;
/** Changes with the meaning of the derived keys. */
const SALT = 'causeway webhooks 1';
/** The DER that precedes the seed in PKCS #8 and the key in SPKI for Ed25519 (RFC 8410 §4, §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX_SIZE_BYTES = 12;

/** The signed content. */
export interface SignedMessage {
  /** The value of the `webhook-id` header. */
  readonly id: string;
  /** The time of the attempt in seconds since 1970, which is the value of the `webhook-timestamp` header. */
  readonly timestampSeconds: number;
  /** The exact text of the body. */
  readonly body: string;
}

/** Generates an id for a new webhook. */
export function createWebhookId(): string {
  return `webhook-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`;
}

/** Generates a secret in the format for receivers. */
export function createWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_SIZE_BYTES).toString('base64')}`;
}

/** @param no the number of the secret among those of the webhook */
export function sealWebhookSecret(secret: string, webhookId: string, no: number, key: KeyObject): string {
  return sealText(secret, contextOf(webhookId, no), key);
}

/** @returns undefined if it was not sealed with this key for this webhook */
export function openWebhookSecret(sealed: string, webhookId: string, no: number, key: KeyObject): string | undefined {
  return openSealedText(sealed, contextOf(webhookId, no), key);
}

/** Creates a `v1` signature (HMAC-SHA256). @param secret with its prefix */
export function signWithSecret({ id, timestampSeconds, body }: SignedMessage, secret: string): string {
  const bytes = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', bytes).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`;
}

/** The Ed25519 key pair of a webhook's secret. It is derived from the node's key, so the books need not store it. */
export class WebhookKeyPair {
  readonly #privateKey: KeyObject;
  /** The public key in the format for receivers. */
  readonly publicKey: string;

  constructor(webhookId: string, no: number, key: KeyObject) {
    const seed = Buffer.from(hkdfSync('sha256', key, SALT, contextOf(webhookId, no), SEED_SIZE_BYTES));
    this.#privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' });
    this.publicKey = `${PUBLIC_KEY_PREFIX}${spki.subarray(SPKI_PREFIX_SIZE_BYTES).toString('base64')}`;
  }

  /** Creates a `v1a` signature (Ed25519). */
  sign({ id, timestampSeconds, body }: SignedMessage): string {
    return `v1a,${sign(null, Buffer.from(`${id}.${timestampSeconds}.${body}`), this.#privateKey).toString('base64')}`;
  }
}

function contextOf(webhookId: string, no: number): string {
  return `webhook ${webhookId} ${no}`;
}
