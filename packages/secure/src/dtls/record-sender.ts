/** Writes outgoing records: numbers them, encrypts them from epoch 1 on, and packs flights into datagrams. */
import { AlertLevel, ContentType } from './dtls-numbers.ts';
import { RECORD_HEADER_LENGTH, writeRecord } from './dtls-record.ts';
import type { Flight } from './handshake.ts';
import { writeFragments } from './handshake-message.ts';
import type { RecordCipher } from './record-cipher.ts';
import { uint8 } from './tls-fields.ts';

/** Handshake datagrams are small enough for any path. */
const MAX_DATAGRAM_LENGTH = 1_200;
/** Explicit nonce and tag. */
const CIPHER_OVERHEAD_LENGTH = 24;
const MAX_FRAGMENT_LENGTH = MAX_DATAGRAM_LENGTH - RECORD_HEADER_LENGTH - CIPHER_OVERHEAD_LENGTH;

export class RecordSender {
  readonly #listener: { onOutput(datagram: Uint8Array): void };
  #cipher: RecordCipher | undefined;
  #plainSequence = 0;
  #cipherSequence = 0;

  constructor(listener: { onOutput(datagram: Uint8Array): void }) {
    this.#listener = listener;
  }

  setCipher(cipher: RecordCipher): void {
    this.#cipher = cipher;
  }

  /** Sends a flight, possibly again. The messages stay the same, but records have new numbers (RFC 6347 §4.2.4). */
  sendFlight(flight: Flight): void {
    let isEncrypted = false;
    let datagram: Buffer[] = [];
    let length = 0;
    const add = (record: Buffer): void => {
      if (length + record.length > MAX_DATAGRAM_LENGTH && length > 0) {
        this.#listener.onOutput(Buffer.concat(datagram));
        datagram = [];
        length = 0;
      }
      datagram.push(record);
      length += record.length;
    };
    for (const step of flight) {
      if (step.kind === 'changeCipherSpec') {
        add(this.#seal(ContentType.changeCipherSpec, uint8(1), false));
        isEncrypted = true;
      } else {
        for (const fragment of writeFragments(step.message, MAX_FRAGMENT_LENGTH)) {
          add(this.#seal(ContentType.handshake, fragment, isEncrypted));
        }
      }
    }
    if (length > 0) this.#listener.onOutput(Buffer.concat(datagram));
  }

  sendApplicationData(data: Uint8Array): void {
    this.#listener.onOutput(this.#seal(ContentType.applicationData, data, true));
  }

  sendAlert(level: keyof typeof AlertLevel, description: number): void {
    const body = Buffer.of(AlertLevel[level], description);
    this.#listener.onOutput(this.#seal(ContentType.alert, body, this.#cipher !== undefined));
  }

  #seal(contentType: number, body: Uint8Array, isEncrypted: boolean): Buffer {
    if (!isEncrypted) return writeRecord(contentType, 0, this.#plainSequence++, body);
    if (this.#cipher === undefined) throw new Error('a record was to be encrypted before there were keys');
    return this.#cipher.seal(contentType, 1, this.#cipherSequence++, body);
  }
}
