/**
 * AES-GCM for SRTP and SRTCP. Each packet needs its own cipher object, because node:crypto cannot set a new nonce on an existing one.
 *
 * @see RFC 7714 §8 (SRTP), §9 (SRTCP), §14.1
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';

export const GCM_TAG_LENGTH = 16;

const ALGORITHM = 'aes-128-gcm';
const NONCE_LENGTH = 12;

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
