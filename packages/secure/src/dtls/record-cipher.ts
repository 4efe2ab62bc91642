/** AES-128-GCM for the records of one direction. @see RFC 5288 §3, RFC 6347 §4.1.2, RFC 5246 §6.2.3.3 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { DTLS_1_2 } from './dtls-numbers.ts';
import { type DtlsRecord, writeRecord } from './dtls-record.ts';
import { uint8, uint16, uint48 } from './tls-writer.ts';

export const RECORD_KEY_LENGTH = 16;
export const RECORD_SALT_LENGTH = 4;

const ALGORITHM = 'aes-128-gcm';
const EXPLICIT_NONCE_LENGTH = 8;
const TAG_LENGTH = 16;

export class RecordCipher {
  readonly #key: KeyObject;
  readonly #salt: Uint8Array;

  constructor(key: Buffer, salt: Buffer) {
    this.#key = createSecretKey(key);
    // A copy, for a slice of a pooled buffer would keep all of it.
    this.#salt = Uint8Array.from(salt);
  }

  /** The nonce is epoch and sequence number, so it is new as long as they are. @returns the whole record */
  seal(contentType: number, epoch: number, sequence: number, plain: Uint8Array): Buffer {
    const position = Buffer.concat([uint16(epoch), uint48(sequence)]);
    const cipher = createCipheriv(ALGORITHM, this.#key, Buffer.concat([this.#salt, position]));
    cipher.setAAD(associatedData(position, contentType, DTLS_1_2, plain.length));
    const text = cipher.update(plain);
    cipher.final();
    return writeRecord(contentType, epoch, sequence, Buffer.concat([position, text, cipher.getAuthTag()]));
  }

  /** @returns undefined if the record is not authentic */
  open(record: DtlsRecord): Buffer | undefined {
    const { fragment } = record;
    const length = fragment.length - EXPLICIT_NONCE_LENGTH - TAG_LENGTH;
    if (length < 0) return undefined;
    const position = Buffer.concat([uint16(record.epoch), uint48(record.sequence)]);
    const nonce = Buffer.concat([this.#salt, fragment.subarray(0, EXPLICIT_NONCE_LENGTH)]);
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(associatedData(position, record.contentType, record.version, length));
    decipher.setAuthTag(fragment.subarray(EXPLICIT_NONCE_LENGTH + length));
    const plain = decipher.update(fragment.subarray(EXPLICIT_NONCE_LENGTH, EXPLICIT_NONCE_LENGTH + length));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plain;
  }
}

function associatedData(position: Buffer, contentType: number, version: number, length: number): Buffer {
  return Buffer.concat([position, uint8(contentType), uint16(version, length)]);
}
