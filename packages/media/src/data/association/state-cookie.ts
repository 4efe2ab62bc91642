/**
 * The state cookie. It contains everything that the answer to an INIT would otherwise have to remember, signed, so that no state is kept
 * for a peer until it has answered.
 *
 * @see RFC 9260 §5.1.3
 */
import { type HmacSha1, readUint16, readUint32, writeUint16, writeUint32 } from '@causeway/wire';

/** The parameters that both ends agree on, as our answer to an INIT would have them. */
export interface StateCookie {
  readonly localTag: number;
  readonly peerTag: number;
  readonly localInitialTsn: number;
  readonly peerInitialTsn: number;
  readonly peerWindowBytes: number;
  readonly outboundStreams: number;
  /** Tags of the association that existed when the INIT arrived, 0 if there was none. They distinguish a restart from an old cookie. */
  readonly localTieTag: number;
  readonly peerTieTag: number;
  readonly canAbandon: boolean;
  readonly isInterleaved: boolean;
  readonly sendsChecksum: boolean;
}

const SIGNATURE_LENGTH = 20;
const BODY_LENGTH = 40;
/** Valid.Cookie.Life of RFC 9260 §16. */
const LIFETIME_MS = 60_000;
/** Times have 48 bits, in milliseconds; this divides off the upper 16. */
const HIGH_BITS = 2 ** 32;

export class CookieSigner {
  readonly #key: Uint8Array;
  readonly #hmacSha1: HmacSha1;

  /** @param key 20 secret bytes */
  constructor(key: Uint8Array, hmacSha1: HmacSha1) {
    this.#key = key;
    this.#hmacSha1 = hmacSha1;
  }

  sign(nowMs: number, cookie: StateCookie): Uint8Array {
    const bytes = new Uint8Array(BODY_LENGTH + SIGNATURE_LENGTH);
    const time = Math.floor(nowMs);
    let at = writeUint32(bytes, 0, cookie.localTag);
    at = writeUint32(bytes, at, cookie.peerTag);
    at = writeUint32(bytes, at, cookie.localInitialTsn);
    at = writeUint32(bytes, at, cookie.peerInitialTsn);
    at = writeUint32(bytes, at, cookie.peerWindowBytes);
    at = writeUint32(bytes, at, cookie.localTieTag);
    at = writeUint32(bytes, at, cookie.peerTieTag);
    at = writeUint16(bytes, at, cookie.outboundStreams);
    at = writeUint16(bytes, at, (cookie.canAbandon ? 1 : 0) | (cookie.isInterleaved ? 2 : 0) | (cookie.sendsChecksum ? 4 : 0));
    at = writeUint16(bytes, at, Math.floor(time / HIGH_BITS));
    writeUint32(bytes, at, time % HIGH_BITS);
    bytes.set(this.#hmacSha1(this.#key, bytes.subarray(0, BODY_LENGTH)), BODY_LENGTH);
    return bytes;
  }

  /** @returns undefined if the signature is wrong, or the cookie is too old */
  verify(nowMs: number, bytes: Uint8Array): StateCookie | undefined {
    if (bytes.length !== BODY_LENGTH + SIGNATURE_LENGTH) return undefined;
    const signature = this.#hmacSha1(this.#key, bytes.subarray(0, BODY_LENGTH));
    let difference = 0;
    // All bytes are compared, so that the time does not reveal which one differs.
    for (let byte = 0; byte < SIGNATURE_LENGTH; byte++) difference |= signature[byte] ^ bytes[BODY_LENGTH + byte];
    if (difference !== 0) return undefined;
    const time = readUint16(bytes, 32) * HIGH_BITS + readUint32(bytes, 34);
    if (nowMs - time > LIFETIME_MS) return undefined;
    const flags = readUint16(bytes, 30);
    return {
      localTag: readUint32(bytes, 0),
      peerTag: readUint32(bytes, 4),
      localInitialTsn: readUint32(bytes, 8),
      peerInitialTsn: readUint32(bytes, 12),
      peerWindowBytes: readUint32(bytes, 16),
      localTieTag: readUint32(bytes, 20),
      peerTieTag: readUint32(bytes, 24),
      outboundStreams: readUint16(bytes, 28),
      canAbandon: (flags & 1) !== 0,
      isInterleaved: (flags & 2) !== 0,
      sendsChecksum: (flags & 4) !== 0,
    };
  }
}
