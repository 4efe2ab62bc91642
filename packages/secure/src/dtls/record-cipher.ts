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

/** Counts the keys that OpenSSL has expanded for records of this thread. Closed associations have none. */
export function expandedRecordKeys(): number {
  return shared === undefined || shared === 'missing' ? 0 : shared.census().keys;
}

/** Salt and explicit nonce of the record in work, and its associated data. All ciphers fill and use them within one call. */
const nonce = Buffer.alloc(NONCE_LENGTH);
const associatedData = Buffer.alloc(ASSOCIATED_DATA_LENGTH);

export class RecordCipher implements GcmInputs {
  readonly key: Uint8Array;
  readonly nonce = nonce;
  readonly associatedData = associatedData;
  place = -1;
  readonly #salt: number;
  readonly #gcm: OpensslGcm | 'missing';
  /** Cached, because Node takes longer with raw bytes. */
  #nodeKey: KeyObject | undefined;

  /** @param gcm OpenSSL's by default, if it is available */
  constructor(key: Buffer, salt: Buffer, gcm: OpensslGcm | 'missing' = sharedGcm()) {
    // A copy, since a part of Node's pool would keep 64 KiB in memory as long as the connection lasts.
    this.key = Uint8Array.from(key);
    this.#salt = salt.readInt32BE(0);
    this.#gcm = gcm;
  }

  /**
   * Encrypts a record. Its nonce consists of epoch and sequence number, so it is unique as long as they are.
   *
   * @returns the whole record, which the caller may keep
   */
  seal(contentType: number, epoch: number, sequence: number, plain: Uint8Array): Buffer {
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
    for (let byte = 0; byte < EXPLICIT_NONCE_LENGTH; byte++) nonce[RECORD_SALT_LENGTH + byte] = fragment[byte];
    this.#associate(epoch, sequence, contentType, version, length);
    if (this.#gcm !== 'missing' && length <= MAX_GCM_LENGTH) return this.#gcm.open(this, fragment);
    return this.#openByNode(fragment.subarray(EXPLICIT_NONCE_LENGTH), length);
  }

  /** Forgets the expanded key. Call it when no more records follow. */
  close(): void {
    if (this.#gcm !== 'missing') this.#gcm.forget(this);
  }

  #sealByNode(plain: Uint8Array, record: Buffer, bodyAt: number): void {
    const cipher = createCipheriv(ALGORITHM, this.#keyObject(), nonce);
    cipher.setAAD(associatedData);
    record.set(cipher.update(plain), bodyAt);
    cipher.final();
    record.set(cipher.getAuthTag(), record.length - TAG_LENGTH);
  }

  #openByNode(sealed: Buffer, length: number): Buffer | undefined {
    const decipher = createDecipheriv(ALGORITHM, this.#keyObject(), nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(associatedData);
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

  /**
   * Fills the associated data, and the salt of the nonce. The former starts with epoch and sequence number, which are also the explicit
   * nonce of our own records.
   */
  #associate(epoch: number, sequence: number, contentType: number, version: number, length: number): void {
    const bytes = associatedData;
    nonce.writeInt32BE(this.#salt, 0);
    bytes.writeUInt16BE(epoch, 0);
    bytes.writeUIntBE(sequence, 2, SEQUENCE_LENGTH);
    bytes[EXPLICIT_NONCE_LENGTH] = contentType;
    bytes.writeUInt16BE(version, EXPLICIT_NONCE_LENGTH + 1);
    bytes.writeUInt16BE(length, EXPLICIT_NONCE_LENGTH + 3);
  }
}
