/**
 * The keys of the ledger. Each life of a node has its own key, certified by the authority. The authority's key is derived from a secret
 * that all nodes of a cluster share. A verifier needs only its public key.
 *
 * @see RFC 8032 (Ed25519)
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';

/** One run of a node. */
export interface LedgerLife {
  readonly nodeNo: number;
  readonly epoch: number;
}

/** Certifies that a key belongs to a life of a node. Raw keys and the signature are in base64url. */
export interface LedgerCertificate extends LedgerLife {
  readonly publicKey: string;
  readonly signature: string;
}

/** Signs on behalf of one life of a node. */
export interface LedgerSigner {
  readonly certificate: LedgerCertificate;
  /** @returns base64url */
  sign(content: Uint8Array): string;
}

const SEED_SIZE_BYTES = 32;
/** Changes with the meaning of the derived key. */
const SALT = 'causeway ledger 1';
/** The DER that precedes the seed in PKCS #8 and the key in SPKI for Ed25519 (RFC 8410 §4, §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PUBLIC_KEY_SIZE_BYTES = 32;

/** Certifies the keys of nodes. */
export class LedgerAuthority {
  readonly #privateKey: KeyObject;
  /** The raw public key in base64url. */
  readonly publicKey: string;

  /** @param secret at least 256 bits, known only to nodes and used for nothing else */
  constructor(secret: KeyObject) {
    const seed = Buffer.from(hkdfSync('sha256', secret, SALT, 'authority', SEED_SIZE_BYTES));
    this.#privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    this.publicKey = rawText(createPublicKey(this.#privateKey));
  }

  /** Generates the key of one life of a node, which exists only in memory. */
  createSigner(life: LedgerLife): LedgerSigner {
    const pair = generateKeyPairSync('ed25519');
    const publicKey = rawText(pair.publicKey);
    const signature = sign(null, certified(life, publicKey), this.#privateKey).toString('base64url');
    return {
      certificate: { nodeNo: life.nodeNo, epoch: life.epoch, publicKey, signature },
      sign: (content) => sign(null, content, pair.privateKey).toString('base64url'),
    };
  }
}

/** @param authority the public key, in the form of `LedgerAuthority.publicKey` */
export function isCertified(certificate: LedgerCertificate, authority: string): boolean {
  return isSignedBy(authority, certified(certificate, certificate.publicKey), certificate.signature);
}

/** @param publicKey the raw key in base64url; the result is false if it is invalid */
export function isSignedBy(publicKey: string, content: Uint8Array, signature: string): boolean {
  const raw = Buffer.from(publicKey, 'base64url');
  const signed = Buffer.from(signature, 'base64url');
  // The last base64url character has unused bits, and texts that differ only in those must not be accepted.
  const isExact = raw.toString('base64url') === publicKey && signed.toString('base64url') === signature;
  if (raw.length !== PUBLIC_KEY_SIZE_BYTES || !isExact) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
    return verify(null, content, key, signed);
  } catch {
    return false;
  }
}

function certified({ nodeNo, epoch }: LedgerLife, publicKey: string): Buffer {
  return Buffer.from(`causeway ledger certificate 1\n${nodeNo}\n${epoch}\n${publicKey}`);
}

function rawText(publicKey: KeyObject): string {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length).toString('base64url');
}
