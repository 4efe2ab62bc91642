/**
 * Reads STUN messages as far as ICE and plain binding requests need them.
 *
 * @see RFC 8489 §5, §6.3 and §14, RFC 8445 §7.3
 */
import { readUint16, readUint32 } from '../numbers.ts';
import { decodeUtf8 } from '../utf8.ts';
import { formatIpAddress } from './ip-address.ts';
import { crc32 } from './message-integrity.ts';
import {
  ATTRIBUTE_HEADER_LENGTH,
  COOKIE_OFFSET,
  ERROR_CODE,
  FINGERPRINT,
  FINGERPRINT_LENGTH,
  FIRST_COMPREHENSION_OPTIONAL,
  ICE_CONTROLLED,
  ICE_CONTROLLING,
  IPV4_FAMILY,
  IPV6_FAMILY,
  MAPPED_ADDRESS,
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_LENGTH,
  NONCE,
  PRIORITY,
  REALM,
  STUN_HEADER_LENGTH,
  STUN_MAGIC_COOKIE,
  STUN_TRANSACTION_ID_LENGTH,
  TRANSACTION_ID_OFFSET,
  UNKNOWN_ATTRIBUTES,
  USE_CANDIDATE,
  USERNAME,
  XOR_MAPPED_ADDRESS,
} from './stun-attributes.ts';

/** XORed with the CRC, so that a CRC of another protocol in the same place does not match; "STUN" in ASCII. */
const FINGERPRINT_XOR = 0x5354554e;
/** The limit of RFC 8489 §14.3. */
const MAX_USERNAME_LENGTH = 508;

/** The class of a message in its transaction. */
export type StunClass = 'request' | 'indication' | 'success' | 'error';

const CLASSES: readonly StunClass[] = ['request', 'indication', 'success', 'error'];

/** A host and port as text and number. */
export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

/** The parts of a STUN message that ICE needs. It references the bytes from which it was read. */
export interface StunMessage {
  /** The message itself, not a copy. */
  readonly bytes: Uint8Array;
  readonly messageClass: StunClass;
  /** 1 is binding. */
  readonly method: number;
  /** 12 bytes within `bytes`. */
  readonly transactionId: Uint8Array;
  /** ICE writes `receiver-ufrag:sender-ufrag` in printable ASCII (RFC 8839 §5.4). */
  readonly username: string | undefined;
  readonly priority: number | undefined;
  readonly useCandidate: boolean;
  /** The tie-breaker of a sender in the controlling role. */
  readonly iceControlling: bigint | undefined;
  /** The tie-breaker of a sender in the controlled role. */
  readonly iceControlled: bigint | undefined;
  readonly xorMappedAddress: StunAddress | undefined;
  readonly errorCode: { readonly code: number; readonly reason: string } | undefined;
  /** Offset of MESSAGE-INTEGRITY in `bytes` (`verifyMessageIntegrity`); undefined if the message has none and is not authenticated. */
  readonly integrityOffset: number | undefined;
  /** Whether there is a FINGERPRINT. A message with a wrong one is refused. */
  readonly hasFingerprint: boolean;
  /** Types of comprehension-required attributes that are unknown; a request with any is answered with error 420 (RFC 8489 §6.3.1). */
  readonly unknownRequired: readonly number[];
}

type Draft = { -readonly [Field in keyof StunMessage]: StunMessage[Field] } & { unknownRequired: number[] };

/**
 * Parses a datagram whose first two bits are 0. Attributes after MESSAGE-INTEGRITY, except FINGERPRINT, are ignored, as
 * are repetitions of an attribute. Nothing is authenticated here.
 *
 * @returns undefined if it is not exactly one STUN message with the magic cookie, an attribute extends past the end or
 * has the wrong length, the USERNAME is not ASCII, or the fingerprint is wrong
 */
export function parseStun(packet: Uint8Array): StunMessage | undefined {
  if (packet.length < STUN_HEADER_LENGTH || packet[0] >= 0x40) return undefined;
  const length = readUint16(packet, 2);
  if ((length & 3) !== 0 || length !== packet.length - STUN_HEADER_LENGTH) return undefined;
  if (readUint32(packet, COOKIE_OFFSET) !== STUN_MAGIC_COOKIE) return undefined;
  const draft = draftFromHeader(packet);
  return readAttributes(packet, draft) ? draft : undefined;
}

function draftFromHeader(packet: Uint8Array): Draft {
  const type = readUint16(packet, 0);
  return {
    bytes: packet,
    // The two class bits are between the method's bits (RFC 8489 §5, figure 3).
    messageClass: CLASSES[((type >> 7) & 2) | ((type >> 4) & 1)],
    method: ((type >> 2) & 0xf80) | ((type >> 1) & 0x70) | (type & 0xf),
    transactionId: packet.subarray(TRANSACTION_ID_OFFSET, TRANSACTION_ID_OFFSET + STUN_TRANSACTION_ID_LENGTH),
    username: undefined,
    priority: undefined,
    useCandidate: false,
    iceControlling: undefined,
    iceControlled: undefined,
    xorMappedAddress: undefined,
    errorCode: undefined,
    integrityOffset: undefined,
    hasFingerprint: false,
    unknownRequired: [],
  };
}

/** @returns false if the message is malformed */
function readAttributes(packet: Uint8Array, draft: Draft): boolean {
  let offset = STUN_HEADER_LENGTH;
  while (offset < packet.length) {
    const type = readUint16(packet, offset);
    const length = readUint16(packet, offset + 2);
    const value = offset + ATTRIBUTE_HEADER_LENGTH;
    const next = value + ((length + 3) & ~3);
    if (next > packet.length) return false;
    if (type === FINGERPRINT) {
      draft.hasFingerprint = isFingerprint(packet, offset, length);
      // FINGERPRINT must be last; if anything follows, the length field is wrong.
      return draft.hasFingerprint && next === packet.length;
    }
    if (draft.integrityOffset === undefined && !readAttribute(packet, draft, type, value, length)) return false;
    offset = next;
  }
  return true;
}

/** @returns false if the attribute is malformed */
function readAttribute(packet: Uint8Array, draft: Draft, type: number, value: number, length: number): boolean {
  switch (type) {
    case USERNAME:
      draft.username ??= readUsername(packet, value, length);
      return draft.username !== undefined;
    case PRIORITY:
      draft.priority ??= readUint32(packet, value);
      return length === 4;
    case USE_CANDIDATE:
      draft.useCandidate = true;
      return length === 0;
    case ICE_CONTROLLING:
      draft.iceControlling ??= readUint64(packet, value);
      return length === 8;
    case ICE_CONTROLLED:
      draft.iceControlled ??= readUint64(packet, value);
      return length === 8;
    case XOR_MAPPED_ADDRESS:
      draft.xorMappedAddress ??= readXorAddress(packet, value, length);
      return draft.xorMappedAddress !== undefined;
    case ERROR_CODE:
      draft.errorCode ??= readErrorCode(packet, value, length);
      return draft.errorCode !== undefined;
    case MESSAGE_INTEGRITY:
      draft.integrityOffset = value - ATTRIBUTE_HEADER_LENGTH;
      return length === MESSAGE_INTEGRITY_LENGTH;
    default:
      if (isUnknownRequired(type)) draft.unknownRequired.push(type);
      return true;
  }
}

/** The listed attributes count as understood, so that a message with them is not refused; their values are not used. */
function isUnknownRequired(type: number): boolean {
  if (type >= FIRST_COMPREHENSION_OPTIONAL) return false;
  return type !== MAPPED_ADDRESS && type !== UNKNOWN_ATTRIBUTES && type !== REALM && type !== NONCE;
}

function readUsername(packet: Uint8Array, offset: number, length: number): string | undefined {
  if (length > MAX_USERNAME_LENGTH) return undefined;
  let text = '';
  for (let i = 0; i < length; i++) {
    const char = packet[offset + i];
    if (char < 0x20 || char > 0x7e) return undefined;
    text += String.fromCharCode(char);
  }
  return text;
}

function readUint64(packet: Uint8Array, offset: number): bigint {
  return (BigInt(readUint32(packet, offset)) << 32n) | BigInt(readUint32(packet, offset + 4));
}

function readXorAddress(packet: Uint8Array, offset: number, length: number): StunAddress | undefined {
  const addressLength = length - 4;
  const family = packet[offset + 1];
  if (!(family === IPV4_FAMILY && addressLength === 4) && !(family === IPV6_FAMILY && addressLength === 16)) return undefined;
  // The mask is the cookie and the transaction id, at their position in the header. `slice` does not copy if the packet
  // is a Node Buffer.
  const address = new Uint8Array(packet.subarray(offset + 4, offset + length));
  for (let i = 0; i < addressLength; i++) address[i] ^= packet[COOKIE_OFFSET + i];
  const port = readUint16(packet, offset + 2) ^ (STUN_MAGIC_COOKIE >>> 16);
  return { address: formatIpAddress(address), port };
}

function readErrorCode(packet: Uint8Array, offset: number, length: number): { code: number; reason: string } | undefined {
  if (length < 4) return undefined;
  const code = (packet[offset + 2] & 7) * 100 + packet[offset + 3];
  return { code, reason: decodeUtf8(packet, offset + 4, offset + length) };
}

function isFingerprint(packet: Uint8Array, offset: number, length: number): boolean {
  if (length !== FINGERPRINT_LENGTH) return false;
  return readUint32(packet, offset + ATTRIBUTE_HEADER_LENGTH) === stunFingerprint(packet, offset);
}

/** Returns the value of a FINGERPRINT at `offset`; the length field of the header must already include it. */
export function stunFingerprint(packet: Uint8Array, offset: number): number {
  return (crc32(packet, offset) ^ FINGERPRINT_XOR) >>> 0;
}
