/**
 * Writes the three binding messages: the request of a client, the success and the error of a server.
 *
 * @see RFC 8489 §6 and §14, RFC 8445 §7.1 and §7.3
 */
import { writeUint16, writeUint32 } from '../numbers.ts';
import { encodeUtf8 } from '../utf8.ts';
import { parseIpAddress } from './ip-address.ts';
import { messageIntegrity } from './message-integrity.ts';
import {
  ATTRIBUTE_HEADER_LENGTH,
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
  UNKNOWN_ATTRIBUTES,
  USE_CANDIDATE,
  USERNAME,
  XOR_MAPPED_ADDRESS,
} from './stun-attributes.ts';
import { stunFingerprint } from './stun-message.ts';

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

/** Proof of origin. */
export interface StunIntegrity {
  readonly key: Uint8Array;
  readonly hmacSha1: HmacSha1;
}

/** What every message may have. */
export interface StunMessageOptions {
  /** 12 bytes. */
  readonly transactionId: Uint8Array;
  readonly integrity?: StunIntegrity | undefined;
  /** Adds FINGERPRINT, which ICE wants in every message; a plain STUN answer is smaller without. */
  readonly fingerprint: boolean;
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
  /** Where the request came from, as text; IPv4-mapped IPv6 is answered as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** The parts of an error response. */
export interface BindingErrorOptions extends StunMessageOptions {
  /** 300 … 699. */
  readonly code: number;
  /** For a person; empty keeps the answer small. */
  readonly reason?: string | undefined;
  /** Which attributes were not understood, for code 420. */
  readonly unknownAttributes?: readonly number[] | undefined;
}

/** A binding request, as an ICE connectivity check or, without options, to a STUN server. */
export function writeBindingRequest(options: BindingRequestOptions): Uint8Array {
  const draft = new StunDraft(BINDING_REQUEST, options.transactionId);
  if (options.username !== undefined) draft.add(USERNAME, encodeUtf8(options.username));
  if (options.priority !== undefined) draft.add(PRIORITY, uint32(options.priority));
  if (options.useCandidate === true) draft.add(USE_CANDIDATE, new Uint8Array(0));
  if (options.iceControlling !== undefined) draft.add(ICE_CONTROLLING, uint64(options.iceControlling));
  if (options.iceControlled !== undefined) draft.add(ICE_CONTROLLED, uint64(options.iceControlled));
  return draft.finish(options);
}

/**
 * The answer to a binding request: where it came from.
 *
 * @throws RangeError if `address` is not an IP address, which no socket reports
 */
export function writeBindingSuccess(options: BindingSuccessOptions): Uint8Array {
  const draft = new StunDraft(BINDING_SUCCESS, options.transactionId);
  const address = parseIpAddress(options.address);
  if (address === undefined) throw new RangeError(`expected an IP address, got "${options.address}"`);
  draft.add(XOR_MAPPED_ADDRESS, xorAddress(address, options.port, options.transactionId));
  return draft.finish(options);
}

/** The refusal of a binding request. */
export function writeBindingError(options: BindingErrorOptions): Uint8Array {
  const draft = new StunDraft(BINDING_ERROR, options.transactionId);
  const reason = encodeUtf8(options.reason ?? '');
  const value = new Uint8Array(4 + reason.length);
  value[2] = Math.floor(options.code / 100);
  value[3] = options.code % 100;
  value.set(reason, 4);
  draft.add(ERROR_CODE, value);
  if (options.unknownAttributes !== undefined) draft.add(UNKNOWN_ATTRIBUTES, uint16List(options.unknownAttributes));
  return draft.finish(options);
}

/** A message under construction. */
class StunDraft {
  readonly #header = new Uint8Array(STUN_HEADER_LENGTH);
  readonly #attributes: Uint8Array[] = [];
  #length = STUN_HEADER_LENGTH;

  constructor(type: number, transactionId: Uint8Array) {
    writeUint16(this.#header, 0, type);
    writeUint32(this.#header, 4, STUN_MAGIC_COOKIE);
    this.#header.set(transactionId, 8);
  }

  add(type: number, value: Uint8Array): void {
    const attribute = new Uint8Array(ATTRIBUTE_HEADER_LENGTH + ((value.length + 3) & ~3));
    writeUint16(attribute, 0, type);
    writeUint16(attribute, 2, value.length);
    attribute.set(value, ATTRIBUTE_HEADER_LENGTH);
    this.#attributes.push(attribute);
    this.#length += attribute.length;
  }

  /** Integrity covers all that is there so far, the fingerprint integrity too: so they come last, in this order. */
  finish({ integrity, fingerprint }: StunMessageOptions): Uint8Array {
    const integrityOffset = this.#length;
    if (integrity !== undefined) this.add(MESSAGE_INTEGRITY, new Uint8Array(MESSAGE_INTEGRITY_LENGTH));
    const fingerprintOffset = this.#length;
    if (fingerprint) this.add(FINGERPRINT, new Uint8Array(FINGERPRINT_LENGTH));
    const message = this.#join();
    if (integrity !== undefined) {
      const value = messageIntegrity(message, integrityOffset, integrity.key, integrity.hmacSha1);
      message.set(value, integrityOffset + ATTRIBUTE_HEADER_LENGTH);
    }
    if (fingerprint) {
      writeUint32(message, fingerprintOffset + ATTRIBUTE_HEADER_LENGTH, stunFingerprint(message, fingerprintOffset));
    }
    return message;
  }

  #join(): Uint8Array {
    const message = new Uint8Array(this.#length);
    message.set(this.#header);
    let at = STUN_HEADER_LENGTH;
    for (const attribute of this.#attributes) {
      message.set(attribute, at);
      at += attribute.length;
    }
    writeUint16(message, 2, this.#length - STUN_HEADER_LENGTH);
    return message;
  }
}

function xorAddress(address: Uint8Array, port: number, transactionId: Uint8Array): Uint8Array {
  const value = new Uint8Array(4 + address.length);
  value[1] = address.length === 4 ? IPV4_FAMILY : IPV6_FAMILY;
  writeUint16(value, 2, port ^ (STUN_MAGIC_COOKIE >>> 16));
  const mask = new Uint8Array(16);
  writeUint32(mask, 0, STUN_MAGIC_COOKIE);
  mask.set(transactionId, 4);
  for (let i = 0; i < address.length; i++) value[4 + i] = address[i] ^ mask[i];
  return value;
}

function uint16List(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  values.forEach((value, i) => {
    writeUint16(bytes, i * 2, value);
  });
  return bytes;
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}

function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  writeUint32(bytes, 0, Number((value >> 32n) & 0xffffffffn));
  writeUint32(bytes, 4, Number(value & 0xffffffffn));
  return bytes;
}
