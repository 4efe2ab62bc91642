/** AES-128-GCM for the records of one direction. @see RFC 5288 §3, RFC 6347 §4.1.2, RFC 5246 §6.2.3.3 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { DTLS_1_2 } from './dtls-numbers.ts';
import { type DtlsRecord, RECORD_HEADER_LENGTH } from './dtls-record.ts';

export const RECORD_KEY_LENGTH = 16;
export const RECORD_SALT_LENGTH = 4;

const ALGORITHM = 'aes-128-gcm';
const EXPLICIT_NONCE_LENGTH = 8;
const TAG_LENGTH = 16;

const SEQUENCE_LENGTH = 6;
/** Epoch, sequence number, content type, version and length (RFC 5246 §6.2.3.3). */
const ASSOCIATED_DATA_LENGTH = 13;

export class RecordCipher {
  readonly #key: KeyObject;
  /** The salt, and behind it the explicit part; OpenSSL has read it when the cipher is there, so it is used for every record. */
  readonly #nonce = Buffer.alloc(RECORD_SALT_LENGTH + EXPLICIT_NONCE_LENGTH);
  readonly #associatedData = Buffer.alloc(ASSOCIATED_DATA_LENGTH);

  constructor(key: Buffer, salt: Buffer) {
    this.#key = createSecretKey(key);
    this.#nonce.set(salt);
  }

  /** The nonce is epoch and sequence number, so it is new as long as they are. @returns the whole record, which is the caller's to keep */
  seal(contentType: number, epoch: number, sequence: number, plain: Uint8Array): Buffer {
    const associatedData = this.#associate(epoch, sequence, contentType, DTLS_1_2, plain.length);
    this.#nonce.set(associatedData.subarray(0, EXPLICIT_NONCE_LENGTH), RECORD_SALT_LENGTH);
    const cipher = createCipheriv(ALGORITHM, this.#key, this.#nonce);
    cipher.setAAD(associatedData);
    const record = Buffer.allocUnsafe(RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH + plain.length + TAG_LENGTH);
    record[0] = contentType;
    record.writeUInt16BE(DTLS_1_2, 1);
    record.set(this.#nonce.subarray(RECORD_SALT_LENGTH), 3);
    record.writeUInt16BE(record.length - RECORD_HEADER_LENGTH, RECORD_HEADER_LENGTH - 2);
    record.set(this.#nonce.subarray(RECORD_SALT_LENGTH), RECORD_HEADER_LENGTH);
    record.set(cipher.update(plain), RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH);
    cipher.final();
    record.set(cipher.getAuthTag(), record.length - TAG_LENGTH);
    return record;
  }

  /** @returns undefined if the record is not authentic */
  open({ fragment, epoch, sequence, contentType, version }: DtlsRecord): Buffer | undefined {
    const length = fragment.length - EXPLICIT_NONCE_LENGTH - TAG_LENGTH;
    if (length < 0) return undefined;
    this.#nonce.set(fragment.subarray(0, EXPLICIT_NONCE_LENGTH), RECORD_SALT_LENGTH);
    const decipher = createDecipheriv(ALGORITHM, this.#key, this.#nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(this.#associate(epoch, sequence, contentType, version, length));
    decipher.setAuthTag(fragment.subarray(EXPLICIT_NONCE_LENGTH + length));
    const plain = decipher.update(fragment.subarray(EXPLICIT_NONCE_LENGTH, EXPLICIT_NONCE_LENGTH + length));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plain;
  }

  /** Fills the associated data, which begins with what makes the explicit nonce of our records. */
  #associate(epoch: number, sequence: number, contentType: number, version: number, length: number): Buffer {
    const bytes = this.#associatedData;
    bytes.writeUInt16BE(epoch, 0);
    bytes.writeUIntBE(sequence, 2, SEQUENCE_LENGTH);
    bytes[EXPLICIT_NONCE_LENGTH] = contentType;
    bytes.writeUInt16BE(version, EXPLICIT_NONCE_LENGTH + 1);
    bytes.writeUInt16BE(length, EXPLICIT_NONCE_LENGTH + 3);
    return bytes;
  }
}
