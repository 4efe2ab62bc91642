/**
 * The state that both ends of a handshake share: the messages so far, the two randoms, and after ClientKeyExchange the master secret and
 * everything derived from it.
 */

import { createHmac, hash } from 'node:crypto';
import type { SrtpProfile } from '@causeway/media';
import { exportedKeysLength, type SrtpKeyingMaterial, splitExportedKeys } from '../srtp/srtp-keys.ts';
import { type HandshakeMessage, transcriptBytes } from './handshake-message.ts';
import { RECORD_KEY_LENGTH, RECORD_SALT_LENGTH, RecordCipher } from './record-cipher.ts';

/** The ciphers of both directions, as seen from one end. */
export interface RecordCiphers {
  readonly local: RecordCipher;
  readonly remote: RecordCipher;
}

const SRTP_EXPORTER_LABEL = 'EXTRACTOR-dtls_srtp';

export class HandshakeTranscript {
  readonly #role: 'server' | 'client';
  #messages: Buffer[] = [];
  #nextSequence = 0;
  #clientRandom: Buffer = Buffer.alloc(0);
  #serverRandom: Buffer = Buffer.alloc(0);
  #masterSecret: Buffer | undefined;

  constructor(role: 'server' | 'client') {
    this.#role = role;
  }

  /** All messages so far, sent and received, as covered by signatures and hashes. */
  get bytes(): Buffer {
    return Buffer.concat(this.#messages);
  }

  get randoms(): Buffer {
    return Buffer.concat([this.#clientRandom, this.#serverRandom]);
  }

  setRandoms(clientRandom: Buffer, serverRandom: Buffer): void {
    this.#clientRandom = clientRandom;
    this.#serverRandom = serverRandom;
  }

  receive(message: HandshakeMessage): void {
    this.#messages.push(transcriptBytes(message));
  }

  /** Creates our next message. */
  compose(type: number, body: Buffer): HandshakeMessage {
    const message = { type, sequence: this.#nextSequence++, body };
    this.#messages.push(transcriptBytes(message));
    return message;
  }

  /**
   * Drops the messages, but keeps counting our own: a hello that is answered with a cookie is not part of the transcript (RFC 6347 §4.2.1).
   */
  clear(): void {
    this.#messages = [];
  }

  /** Derives the record keys. Must be called when ClientKeyExchange is the latest message. */
  deriveCiphers(preMasterSecret: Buffer): RecordCiphers {
    const masterSecret = extendedMasterSecret(preMasterSecret, this.bytes);
    this.#masterSecret = masterSecret;
    const seed = Buffer.concat([this.#serverRandom, this.#clientRandom]);
    const block = prf(masterSecret, 'key expansion', seed, 2 * (RECORD_KEY_LENGTH + RECORD_SALT_LENGTH));
    const saltsAt = 2 * RECORD_KEY_LENGTH;
    const [client, server] = [0, 1].map(
      (i) =>
        new RecordCipher(
          block.subarray(i * RECORD_KEY_LENGTH, (i + 1) * RECORD_KEY_LENGTH),
          block.subarray(saltsAt + i * RECORD_SALT_LENGTH, saltsAt + (i + 1) * RECORD_SALT_LENGTH),
        ),
    ) as [RecordCipher, RecordCipher];
    return this.#role === 'server' ? { local: server, remote: client } : { local: client, remote: server };
  }

  /** What a Finished message of this sender must contain at this point. */
  verifyData(sender: 'client' | 'server'): Buffer {
    return verifyData(this.#establishedSecret(), sender, this.bytes);
  }

  exportSrtpKeys(profile: SrtpProfile): SrtpKeyingMaterial {
    const exported = prf(this.#establishedSecret(), SRTP_EXPORTER_LABEL, this.randoms, exportedKeysLength(profile));
    return splitExportedKeys(profile, exported, this.#role);
  }

  #establishedSecret(): Buffer {
    if (this.#masterSecret === undefined) throw new Error('the handshake asked for its master secret before deriving it');
    return this.#masterSecret;
  }
}

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

/** The pseudo-random function of TLS 1.2: P_SHA256 over label and seed. @see RFC 5246 §5 */
function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  let a = labelled;
  for (let made = 0; made < length; made += 32) {
    a = createHmac('sha256', secret).update(a).digest();
    blocks.push(createHmac('sha256', secret).update(a).update(labelled).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** @param transcript all messages up to and including ClientKeyExchange */
function extendedMasterSecret(preMasterSecret: Uint8Array, transcript: Uint8Array): Buffer {
  return prf(preMasterSecret, 'extended master secret', sha256(transcript), MASTER_SECRET_LENGTH);
}

/** Computes the content of a Finished message. @param transcript all messages before it */
function verifyData(masterSecret: Uint8Array, sender: 'client' | 'server', transcript: Uint8Array): Buffer {
  // Copied out of the buffer pool, because the server may keep its last flight as long as the association lives.
  return Buffer.from(Uint8Array.from(prf(masterSecret, `${sender} finished`, sha256(transcript), VERIFY_DATA_LENGTH)).buffer);
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
