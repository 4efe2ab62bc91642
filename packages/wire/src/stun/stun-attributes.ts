/**
 * Numbers of STUN from the IANA registries.
 *
 * @see RFC 8489 §5 and §18, RFC 8445 §7.1
 */

export const STUN_HEADER_LENGTH = 20;
export const COOKIE_OFFSET = 4;
export const TRANSACTION_ID_OFFSET = 8;
export const STUN_MAGIC_COOKIE = 0x2112a442;
/** Length of a transaction id in bytes. */
export const STUN_TRANSACTION_ID_LENGTH = 12;
/** Length of type and length fields before every attribute. */
export const ATTRIBUTE_HEADER_LENGTH = 4;

/** The only method that ICE and plain STUN servers use. */
export const STUN_METHOD_BINDING = 1;

export const MAPPED_ADDRESS = 0x0001;
export const USERNAME = 0x0006;
export const MESSAGE_INTEGRITY = 0x0008;
export const ERROR_CODE = 0x0009;
export const UNKNOWN_ATTRIBUTES = 0x000a;
export const REALM = 0x0014;
export const NONCE = 0x0015;
export const XOR_MAPPED_ADDRESS = 0x0020;
export const PRIORITY = 0x0024;
export const USE_CANDIDATE = 0x0025;
export const FINGERPRINT = 0x8028;
export const ICE_CONTROLLED = 0x8029;
export const ICE_CONTROLLING = 0x802a;

/** Attributes of this type and higher may be ignored if unknown. */
export const FIRST_COMPREHENSION_OPTIONAL = 0x8000;

/** Address families in XOR-MAPPED-ADDRESS. */
export const IPV4_FAMILY = 1;
export const IPV6_FAMILY = 2;

/** Length of an HMAC-SHA1. */
export const MESSAGE_INTEGRITY_LENGTH = 20;
export const FINGERPRINT_LENGTH = 4;

/** Computes the HMAC-SHA1 of `data` with `key`: 20 bytes. It is passed in, since `wire` contains no cryptography. */
export type HmacSha1 = (key: Uint8Array, data: Uint8Array) => Uint8Array;
