/** The framing of the record layer. @see RFC 6347 §4.1 */
import { DTLS_1_0, DTLS_1_2 } from './dtls-numbers.ts';
import { TlsReader, uint8, uint16, uint48, vector16 } from './tls-fields.ts';

export interface DtlsRecord {
  readonly contentType: number;
  readonly version: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
  /** A view on the datagram; encrypted from epoch 1 on. */
  readonly fragment: Buffer;
}

export const RECORD_HEADER_LENGTH = 13;

/** More than a well-behaved peer sends in a datagram; our own flights have seven. */
const MAX_RECORDS_PER_DATAGRAM = 32;

/** @returns the records up to the first malformed one, after which no others can be found */
export function parseRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  const reader = new TlsReader(datagram);
  while (reader.hasMore && records.length < MAX_RECORDS_PER_DATAGRAM) {
    const contentType = reader.uint8();
    const version = reader.uint16();
    const epoch = reader.uint16();
    const sequence = reader.uint48();
    const fragment = reader.vector16();
    if (!reader.isIntact || (version !== DTLS_1_2 && version !== DTLS_1_0)) break;
    records.push({ contentType, version, epoch, sequence, fragment });
  }
  return records;
}

export function writeRecord(contentType: number, epoch: number, sequence: number, fragment: Uint8Array): Buffer {
  return Buffer.concat([uint8(contentType), uint16(DTLS_1_2, epoch), uint48(sequence), vector16(fragment)]);
}
