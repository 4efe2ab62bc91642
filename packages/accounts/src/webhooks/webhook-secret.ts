/**
 * The secrets of webhooks, and the signatures that are made with them.
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
/** Changes when what is derived changes its meaning. */
const SALT = 'causeway webhooks 1';
/** PKCS #8 of an Ed25519 private key up to the seed, and SPKI up to the key (RFC 8410 §4, §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX_SIZE_BYTES = 12;

/** What a signature is made of. */
export interface SignedMessage {
  /** The header `webhook-id`. */
  readonly id: string;
  /** When the attempt is made, in seconds since 1970: the header `webhook-timestamp`. */
  readonly timestampSeconds: number;
  /** The exact text that is sent, since the signature covers it. */
  readonly body: string;
}

/** An id for a new webhook. */
export function createWebhookId(): string {
  return `webhook-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`;
}

/** A new secret, as its receiver is told it. */
export function createWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_SIZE_BYTES).toString('base64')}`;
}

/** @param no number of the secret among those of the webhook */
export function sealWebhookSecret(secret: string, webhookId: string, no: number, key: KeyObject): string {
  return sealText(secret, contextOf(webhookId, no), key);
}

/** @returns undefined if it was not sealed with this key for this webhook */
export function openWebhookSecret(sealed: string, webhookId: string, no: number, key: KeyObject): string | undefined {
  return openSealedText(sealed, contextOf(webhookId, no), key);
}

/** A `v1` signature: HMAC-SHA256. @param secret with its prefix */
export function signWithSecret({ id, timestampSeconds, body }: SignedMessage, secret: string): string {
  const bytes = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', bytes).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`;
}

/** The key pair (Ed25519) that belongs to a secret of a webhook. It is made of the node's key, so that the books need not have it. */
export class WebhookKeyPair {
  readonly #privateKey: KeyObject;
  /** The public key in the form that receivers are given. */
  readonly publicKey: string;

  constructor(webhookId: string, no: number, key: KeyObject) {
    const seed = Buffer.from(hkdfSync('sha256', key, SALT, contextOf(webhookId, no), SEED_SIZE_BYTES));
    this.#privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' });
    this.publicKey = `${PUBLIC_KEY_PREFIX}${spki.subarray(SPKI_PREFIX_SIZE_BYTES).toString('base64')}`;
  }

  /** A `v1a` signature. */
  sign({ id, timestampSeconds, body }: SignedMessage): string {
    return `v1a,${sign(null, Buffer.from(`${id}.${timestampSeconds}.${body}`), this.#privateKey).toString('base64')}`;
  }
}

function contextOf(webhookId: string, no: number): string {
  return `webhook ${webhookId} ${no}`;
}
