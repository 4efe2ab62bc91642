/** AES-128-GCM for the records of one direction. @see RFC 5288 §3, RFC 6347 §4.1.2, RFC 5246 §6.2.3.3 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { DTLS_1_2 } from './dtls-numbers.ts';
import { type DtlsRecord, RECORD_HEADER_LENGTH } from './dtls-record.ts';
import { type GcmInputs, loadOpensslGcm, MAX_GCM_LENGTH, type OpensslGcm } from './openssl-gcm.ts';

export const RECORD_KEY_LENGTH = 16;
export const RECORD_SALT_LENGTH = 4;

const ALGORITHM = 'aes-128-gcm';
const EXPLICIT_NONCE_LENGTH = 8;
const NONCE_LENGTH = RECORD_SALT_LENGTH + EXPLICIT_NONCE_LENGTH;
const TAG_LENGTH = 16;

const SEQUENCE_LENGTH = 6;
/** Epoch, sequence number, content type, version and length (RFC 5246 §6.2.3.3). */
const ASSOCIATED_DATA_LENGTH = 13;

let shared: OpensslGcm | 'missing' | undefined;

/** The instance of this thread, loaded when the first record is encrypted. */
function sharedGcm(): OpensslGcm | 'missing' {
  shared ??= loadOpensslGcm() ?? 'missing';
  return shared;
}

export class RecordCipher implements GcmInputs {
  readonly key: Buffer;
  /** The salt, followed by the explicit nonce. Ciphers copy it when they are created, so it is reused for every record. */
  readonly nonce: Buffer;
  readonly associatedData: Buffer;
  place = -1;
  readonly #gcm: OpensslGcm | 'missing';
  /** Cached, because Node takes longer with raw bytes. */
  #nodeKey: KeyObject | undefined;

  /** @param gcm OpenSSL's by default, if it is available */
  constructor(key: Buffer, salt: Buffer, gcm: OpensslGcm | 'missing' = sharedGcm()) {
    // Memory outside of Node's pool: a part of the pool would keep 64 KiB in memory as long as the connection lasts.
    const memory = Buffer.alloc(RECORD_KEY_LENGTH + NONCE_LENGTH + ASSOCIATED_DATA_LENGTH);
    this.key = memory.subarray(0, RECORD_KEY_LENGTH);
    this.nonce = memory.subarray(RECORD_KEY_LENGTH, RECORD_KEY_LENGTH + NONCE_LENGTH);
    this.associatedData = memory.subarray(RECORD_KEY_LENGTH + NONCE_LENGTH);
    this.key.set(key);
    this.nonce.set(salt);
    this.#gcm = gcm;
  }

  /**
   * Encrypts a record. Its nonce consists of epoch and sequence number, so it is unique as long as they are.
   *
   * @returns the whole record, which the caller may keep
   */
  seal(contentType: number, epoch: number, sequence: number, plain: Uint8Array): Buffer {
    const { associatedData, nonce } = this;
    this.#associate(epoch, sequence, contentType, DTLS_1_2, plain.length);
    const record = Buffer.allocUnsafe(RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH + plain.length + TAG_LENGTH);
    record[0] = contentType;
    record[1] = DTLS_1_2 >> 8;
    record[2] = DTLS_1_2 & 0xff;
    for (let byte = 0; byte < EXPLICIT_NONCE_LENGTH; byte++) {
      const value = associatedData[byte];
      nonce[RECORD_SALT_LENGTH + byte] = value;
      record[3 + byte] = value;
      record[RECORD_HEADER_LENGTH + byte] = value;
    }
    record.writeUInt16BE(record.length - RECORD_HEADER_LENGTH, RECORD_HEADER_LENGTH - 2);
    const bodyAt = RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH;
    if (this.#gcm === 'missing' || !this.#gcm.seal(this, plain, record, bodyAt)) this.#sealByNode(plain, record, bodyAt);
    return record;
  }

  /** Decrypts a record. @returns undefined if it is not authentic; the previous result is overwritten */
  open({ fragment, epoch, sequence, contentType, version }: DtlsRecord): Uint8Array | undefined {
    const length = fragment.length - EXPLICIT_NONCE_LENGTH - TAG_LENGTH;
    if (length < 0) return undefined;
    for (let byte = 0; byte < EXPLICIT_NONCE_LENGTH; byte++) this.nonce[RECORD_SALT_LENGTH + byte] = fragment[byte];
    this.#associate(epoch, sequence, contentType, version, length);
    if (this.#gcm !== 'missing' && length <= MAX_GCM_LENGTH) return this.#gcm.open(this, fragment);
    return this.#openByNode(fragment.subarray(EXPLICIT_NONCE_LENGTH), length);
  }

  #sealByNode(plain: Uint8Array, record: Buffer, bodyAt: number): void {
    const cipher = createCipheriv(ALGORITHM, this.#keyObject(), this.nonce);
    cipher.setAAD(this.associatedData);
    record.set(cipher.update(plain), bodyAt);
    cipher.final();
    record.set(cipher.getAuthTag(), record.length - TAG_LENGTH);
  }

  #openByNode(sealed: Buffer, length: number): Buffer | undefined {
    const decipher = createDecipheriv(ALGORITHM, this.#keyObject(), this.nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(this.associatedData);
    decipher.setAuthTag(sealed.subarray(length));
    const plain = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plain;
  }

  #keyObject(): KeyObject {
    this.#nodeKey ??= createSecretKey(this.key);
    return this.#nodeKey;
  }

  /** Fills the associated data. It starts with epoch and sequence number, which are also the explicit nonce of our own records. */
  #associate(epoch: number, sequence: number, contentType: number, version: number, length: number): void {
    const bytes = this.associatedData;
    bytes.writeUInt16BE(epoch, 0);
    bytes.writeUIntBE(sequence, 2, SEQUENCE_LENGTH);
    bytes[EXPLICIT_NONCE_LENGTH] = contentType;
    bytes.writeUInt16BE(version, EXPLICIT_NONCE_LENGTH + 1);
    bytes.writeUInt16BE(length, EXPLICIT_NONCE_LENGTH + 3);
  }
}
