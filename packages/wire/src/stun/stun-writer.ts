/**
 * Writes the three binding messages: a client's request, and a server's success and error responses.
 *
 * @see RFC 8489 §6 and §14, RFC 8445 §7.1 and §7.3
 */
import { writeUint16, writeUint32 } from '../numbers.ts';
import { encodeUtf8 } from '../utf8.ts';
import { parseIpAddress } from './ip-address.ts';
import { messageIntegrity } from './message-integrity.ts';
import {
  ATTRIBUTE_HEADER_LENGTH,
  COOKIE_OFFSET,
  ERROR_CODE,
  FINGERPRINT,
  FINGERPRINT_LENGTH,
  type HmacSha1,
  ICE_CONTROLLED,
  ICE_CONTROLLING,
  IPV4_FAMILY,
  IPV6_FAMILY,
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_LENGTH,
  PRIORITY,
  STUN_HEADER_LENGTH,
  STUN_MAGIC_COOKIE,
  TRANSACTION_ID_OFFSET,
  UNKNOWN_ATTRIBUTES,
  USE_CANDIDATE,
  USERNAME,
  XOR_MAPPED_ADDRESS,
} from './stun-attributes.ts';
import { stunFingerprint } from './stun-message.ts';

/** The longest success response: header, IPv6 address, integrity and fingerprint. */
export const MAX_BINDING_SUCCESS_LENGTH = 76;

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

/** The key for MESSAGE-INTEGRITY. */
export interface StunIntegrity {
  readonly key: Uint8Array;
  readonly hmacSha1: HmacSha1;
}

/** Options of every message. */
export interface StunMessageOptions {
  /** 12 bytes long. */
  readonly transactionId: Uint8Array;
  readonly integrity?: StunIntegrity | undefined;
  /** Whether to add FINGERPRINT, which ICE requires in every message; a plain STUN response is smaller without it. */
  readonly fingerprint: boolean;
  /** Where the message is written if it fits; the result is then a view of it. Default: memory of its own. */
  readonly buffer?: Uint8Array | undefined;
}

/** The parts of a connectivity check. */
export interface BindingRequestOptions extends StunMessageOptions {
  readonly username?: string | undefined;
  readonly priority?: number | undefined;
  readonly useCandidate?: boolean | undefined;
  /** The tie-breaker of a controlling agent. */
  readonly iceControlling?: bigint | undefined;
  /** The tie-breaker of a controlled agent. */
  readonly iceControlled?: bigint | undefined;
}

/** The parts of a success response. */
export interface BindingSuccessOptions extends StunMessageOptions {
  /** The source address of the request, as text; IPv4-mapped IPv6 is written as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** The parts of an error response. */
export interface BindingErrorOptions extends StunMessageOptions {
  /** An error code, 300 to 699. */
  readonly code: number;
  /** Readable text; an empty one keeps the response small. */
  readonly reason?: string | undefined;
  /** The attributes that were not understood, for code 420. */
  readonly unknownAttributes?: readonly number[] | undefined;
}

/** Writes a binding request: an ICE connectivity check or, without options, a request to a STUN server. */
export function writeBindingRequest(options: BindingRequestOptions): Uint8Array {
  const draft = new StunDraft(BINDING_REQUEST, options);
  if (options.username !== undefined) draft.add(USERNAME, encodeUtf8(options.username));
  if (options.priority !== undefined) draft.addUint32(PRIORITY, options.priority);
  if (options.useCandidate === true) draft.addEmpty(USE_CANDIDATE, 0);
  if (options.iceControlling !== undefined) draft.add(ICE_CONTROLLING, uint64(options.iceControlling));
  if (options.iceControlled !== undefined) draft.add(ICE_CONTROLLED, uint64(options.iceControlled));
  return draft.finish(options);
}

/**
 * Writes the response to a binding request, which contains the address it came from.
 *
 * @throws RangeError if `address` is not an IP address, which never comes from a socket
 */
export function writeBindingSuccess(options: BindingSuccessOptions): Uint8Array {
  const draft = new StunDraft(BINDING_SUCCESS, options);
  const address = parseIpAddress(options.address);
  if (address === undefined) throw new RangeError(`expected an IP address, got "${options.address}"`);
  draft.addXorAddress(address, options.port);
  return draft.finish(options);
}

/** Writes the refusal of a binding request. */
export function writeBindingError(options: BindingErrorOptions): Uint8Array {
  const draft = new StunDraft(BINDING_ERROR, options);
  const reason = encodeUtf8(options.reason ?? '');
  const value = new Uint8Array(4 + reason.length);
  value[2] = Math.floor(options.code / 100);
  value[3] = options.code % 100;
  value.set(reason, 4);
  draft.add(ERROR_CODE, value);
  if (options.unknownAttributes !== undefined) draft.add(UNKNOWN_ATTRIBUTES, uint16List(options.unknownAttributes));
  return draft.finish(options);
}

/** Enough for a check with ufrags of the usual length; the buffer grows for longer messages. */
const USUAL_BYTES = 192;

/** A message under construction. */
class StunDraft {
  #bytes: Uint8Array;
  #length = STUN_HEADER_LENGTH;

  constructor(type: number, { transactionId, buffer = new Uint8Array(USUAL_BYTES) }: StunMessageOptions) {
    this.#bytes = buffer;
    writeUint16(this.#bytes, 0, type);
    writeUint32(this.#bytes, 4, STUN_MAGIC_COOKIE);
    this.#bytes.set(transactionId, TRANSACTION_ID_OFFSET);
  }

  /** Adds an attribute whose value the caller writes. @returns the offset of the value in `bytes` */
  addEmpty(type: number, valueLength: number): number {
    const valueAt = this.#length + ATTRIBUTE_HEADER_LENGTH;
    const end = valueAt + ((valueLength + 3) & ~3);
    if (end > this.#bytes.length) this.#grow(end);
    // The buffer may hold an earlier message.
    this.#bytes.fill(0, valueAt, end);
    writeUint16(this.#bytes, this.#length, type);
    writeUint16(this.#bytes, this.#length + 2, valueLength);
    this.#length = end;
    return valueAt;
  }

  add(type: number, value: Uint8Array): void {
    const valueAt = this.addEmpty(type, value.length);
    this.#bytes.set(value, valueAt);
  }

  addUint32(type: number, value: number): void {
    const valueAt = this.addEmpty(type, 4);
    writeUint32(this.#bytes, valueAt, value);
  }

  /** Adds the source address of a request. The mask is the cookie and the transaction id, at their position in the header. */
  addXorAddress(address: Uint8Array, port: number): void {
    const valueAt = this.addEmpty(XOR_MAPPED_ADDRESS, 4 + address.length);
    const bytes = this.#bytes;
    bytes[valueAt + 1] = address.length === 4 ? IPV4_FAMILY : IPV6_FAMILY;
    writeUint16(bytes, valueAt + 2, port ^ (STUN_MAGIC_COOKIE >>> 16));
    for (let i = 0; i < address.length; i++) bytes[valueAt + 4 + i] = address[i] ^ bytes[COOKIE_OFFSET + i];
  }

  /** Adds integrity and fingerprint, which come last, in this order, since each covers everything before it. */
  finish({ integrity, fingerprint }: StunMessageOptions): Uint8Array {
    const integrityOffset = this.#length;
    if (integrity !== undefined) this.addEmpty(MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_LENGTH);
    const fingerprintOffset = this.#length;
    if (fingerprint) this.addEmpty(FINGERPRINT, FINGERPRINT_LENGTH);
    const message = this.#bytes.subarray(0, this.#length);
    writeUint16(message, 2, this.#length - STUN_HEADER_LENGTH);
    if (integrity !== undefined) {
      const value = messageIntegrity(message, integrityOffset, integrity.key, integrity.hmacSha1);
      message.set(value, integrityOffset + ATTRIBUTE_HEADER_LENGTH);
    }
    if (fingerprint) {
      writeUint32(message, fingerprintOffset + ATTRIBUTE_HEADER_LENGTH, stunFingerprint(message, fingerprintOffset));
    }
    return message;
  }

  #grow(leastBytes: number): void {
    const bytes = new Uint8Array(Math.max(leastBytes, 2 * this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

function uint16List(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  values.forEach((value, i) => {
    writeUint16(bytes, i * 2, value);
  });
  return bytes;
}

function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  writeUint32(bytes, 0, Number((value >> 32n) & 0xffffffffn));
  writeUint32(bytes, 4, Number(value & 0xffffffffn));
  return bytes;
}
