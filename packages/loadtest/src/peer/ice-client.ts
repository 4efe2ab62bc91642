/**
 * A full ICE agent with one address of an SFU: it checks the pair, nominates it with the first check, and answers the checks of an SFU that
 * is not a lite agent. It does no I/O.
 *
 * @see RFC 8445 §7.2 (checks), §8.1.1 (nomination), RFC 7675 (consent, which the same checks keep alive)
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { IceCredentials } from '@causeway/media';
import { parseStun, verifyMessageIntegrity, writeBindingRequest, writeBindingSuccess } from '@causeway/wire';

/** The priority of a host candidate (RFC 8445 §5.1.2.1). */
const HOST_PRIORITY = 0x7e7f00ff;
const TRANSACTION_ID_BYTES = 12;

export interface RemoteAddress {
  readonly address: string;
  readonly port: number;
}

export class IceClient {
  readonly #username: string;
  readonly #localKey: Uint8Array;
  readonly #remoteKey: Uint8Array;
  readonly #tieBreaker = randomBytes(8).readBigUInt64BE();
  #isConnected = false;

  constructor(local: IceCredentials, remote: IceCredentials) {
    this.#username = `${remote.ufrag}:${local.ufrag}`;
    this.#localKey = Buffer.from(local.password, 'ascii');
    this.#remoteKey = Buffer.from(remote.password, 'ascii');
  }

  /** Whether the SFU has answered a check. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** A connectivity check that also nominates and, later, keeps consent. */
  writeCheck(): Uint8Array {
    return writeBindingRequest({
      transactionId: randomBytes(TRANSACTION_ID_BYTES),
      username: this.#username,
      priority: HOST_PRIORITY,
      useCandidate: true,
      iceControlling: this.#tieBreaker,
      integrity: { key: this.#remoteKey, hmacSha1 },
      fingerprint: true,
    });
  }

  /** @returns the answer to send if the datagram was a request from the SFU */
  handleStun(datagram: Uint8Array, from: RemoteAddress): Uint8Array | undefined {
    const message = parseStun(datagram);
    if (message === undefined) return undefined;
    if (message.messageClass === 'success' && verifyMessageIntegrity(message, this.#remoteKey, hmacSha1)) this.#isConnected = true;
    if (message.messageClass !== 'request' || !verifyMessageIntegrity(message, this.#localKey, hmacSha1)) return undefined;
    return writeBindingSuccess({
      transactionId: message.transactionId,
      address: from.address,
      port: from.port,
      integrity: { key: this.#localKey, hmacSha1 },
      fingerprint: true,
    });
  }
}

function hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha1', key).update(data).digest();
}
