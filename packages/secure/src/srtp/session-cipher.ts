/** The session keys of one direction of one protocol, ready for use. The rest of this folder calls this "a key". */

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { SrtpProfile } from '@causeway/media';
import { type AuthenticationKey, createAuthenticationKey, HMAC_TAG_LENGTH } from './authentication.ts';
import { CounterModeKey } from './counter-mode-key.ts';
import { deriveSessionKeys, MASTER_KEY_LENGTH, type SrtpMasterKeys } from './srtp-keys.ts';
import type { SrtpMemory } from './srtp-memory.ts';

export interface CounterModeCipher {
  readonly profile: 'AES_CM_128_HMAC_SHA1_80';
  readonly keystream: CounterModeKey;
  readonly authentication: AuthenticationKey;
}

export interface GcmCipher {
  readonly profile: 'AEAD_AES_128_GCM';
  readonly gcm: GcmKey;
}

export type SessionCipher = CounterModeCipher | GcmCipher;

export const GCM_TAG_LENGTH = 16;
export const TAG_LENGTH: Readonly<Record<SrtpProfile, number>> = {
  AES_CM_128_HMAC_SHA1_80: HMAC_TAG_LENGTH,
  AEAD_AES_128_GCM: GCM_TAG_LENGTH,
};

export function createSessionCipher(
  memory: SrtpMemory,
  profile: SrtpProfile,
  master: SrtpMasterKeys,
  protocol: 'srtp' | 'srtcp',
): SessionCipher {
  const keys = deriveSessionKeys(profile, master, protocol);
  if (profile === 'AEAD_AES_128_GCM') return { profile, gcm: new GcmKey(keys.encryptionKey, keys.salt) };
  return {
    profile,
    keystream: new CounterModeKey(memory, keys.encryptionKey, keys.salt),
    authentication: createAuthenticationKey(memory, keys.authenticationKey),
  };
}

const ALGORITHM = 'aes-128-gcm';
const NONCE_LENGTH = 12;

/**
 * The master keys of one direction until they are needed. Most sessions of a large room, and all idle ones, need few of the session keys
 * that can be derived from them, and each takes a kilobyte.
 */
export class DormantKeys {
  readonly #memory: SrtpMemory;
  readonly #profile: SrtpProfile;
  /** Key and salt in one array of its own, since a part of Node's buffer pool would keep the whole pool in memory. */
  readonly #master: Uint8Array;

  constructor(memory: SrtpMemory, profile: SrtpProfile, { key, salt }: SrtpMasterKeys) {
    this.#memory = memory;
    this.#profile = profile;
    this.#master = new Uint8Array(key.length + salt.length);
    this.#master.set(key);
    this.#master.set(salt, key.length);
  }

  derive(protocol: 'srtp' | 'srtcp'): SessionCipher {
    const master = { key: this.#master.slice(0, MASTER_KEY_LENGTH), salt: this.#master.slice(MASTER_KEY_LENGTH) };
    return createSessionCipher(this.#memory, this.#profile, master, protocol);
  }
}

/**
 * AES-GCM for SRTP and SRTCP. Each packet needs its own cipher object, because node:crypto cannot set a new nonce on an existing one.
 *
 * @see RFC 7714 §8 (SRTP), §9 (SRTCP), §14.1
 */
export class GcmKey {
  // A KeyObject, because Node 24 takes four times as long with raw bytes.
  readonly #key: KeyObject;
  readonly #salt: Uint8Array;
  readonly #nonce = Buffer.alloc(NONCE_LENGTH);

  constructor(encryptionKey: Buffer, salt: Buffer) {
    this.#key = createSecretKey(encryptionKey);
    // Copied, because a slice of a pooled buffer would keep the whole pool in memory.
    this.#salt = Uint8Array.from(salt);
  }

  /** Encrypts `text` in place and writes the tag to `tag`. `index` is the 48-bit packet index, or the SRTCP index. */
  seal(ssrc: number, index: number, associatedData: Uint8Array, text: Uint8Array, tag: Uint8Array): void {
    const cipher = createCipheriv(ALGORITHM, this.#key, this.#nonceOf(ssrc, index));
    cipher.setAAD(associatedData);
    text.set(cipher.update(text));
    cipher.final();
    tag.set(cipher.getAuthTag());
  }

  /** Decrypts `text` in place. @returns false if it is not authentic; `text` is then unchanged */
  open(ssrc: number, index: number, associatedData: Uint8Array, text: Uint8Array, tag: Uint8Array): boolean {
    const decipher = createDecipheriv(ALGORITHM, this.#key, this.#nonceOf(ssrc, index), { authTagLength: GCM_TAG_LENGTH });
    decipher.setAAD(associatedData);
    decipher.setAuthTag(tag);
    const plain = decipher.update(text);
    try {
      decipher.final();
    } catch {
      return false;
    }
    text.set(plain);
    return true;
  }

  /** The nonce: two zero bytes, the SSRC and the 48-bit index, combined with the salt by exclusive or. */
  #nonceOf(ssrc: number, index: number): Buffer {
    const nonce = this.#nonce;
    const high = Math.floor(index / 65_536);
    nonce.set(this.#salt);
    nonce.writeInt32BE(nonce.readInt32BE(2) ^ ssrc, 2);
    nonce.writeInt32BE(nonce.readInt32BE(6) ^ high, 6);
    nonce.writeUInt16BE(nonce.readUInt16BE(10) ^ (index - high * 65_536), 10);
    return nonce;
  }
}
