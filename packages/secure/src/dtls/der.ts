/** DER encoding of the ASN.1 types that a certificate needs. @see ITU-T X.690 */

const TAG_INTEGER = 0x02;
const TAG_BIT_STRING = 0x03;
const TAG_OID = 0x06;
const TAG_UTF8_STRING = 0x0c;
const TAG_UTC_TIME = 0x17;
const TAG_SEQUENCE = 0x30;
const TAG_SET = 0x31;
const TAG_CONTEXT_0 = 0xa0;

export function derSequence(...members: Uint8Array[]): Buffer {
  return derValue(TAG_SEQUENCE, Buffer.concat(members));
}

export function derSet(...members: Uint8Array[]): Buffer {
  return derValue(TAG_SET, Buffer.concat(members));
}

/** `[0] EXPLICIT`. */
export function derContext0(member: Uint8Array): Buffer {
  return derValue(TAG_CONTEXT_0, member);
}

/** Encodes an unsigned integer, given as big-endian bytes. */
export function derInteger(magnitude: Uint8Array): Buffer {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const trimmed = first < 0 ? Buffer.of(0) : magnitude.subarray(first);
  // If the first bit were one, the number would be negative.
  return derValue(TAG_INTEGER, trimmed[0] >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed);
}

export function derBitString(bytes: Uint8Array): Buffer {
  return derValue(TAG_BIT_STRING, Buffer.concat([Buffer.of(0), bytes]));
}

/** @param dotted such as `1.2.840.10045.4.3.2` */
export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest.flatMap(base128)];
  return derValue(TAG_OID, Buffer.from(bytes));
}

export function derUtf8String(text: string): Buffer {
  return derValue(TAG_UTF8_STRING, Buffer.from(text, 'utf8'));
}

/** Encodes a time in UTC with whole seconds. X.509 requires this form for years up to 2049. */
export function derUtcTime(time: Date): Buffer {
  const digits = `${time.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`;
  return derValue(TAG_UTC_TIME, Buffer.from(digits, 'latin1'));
}

function derValue(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}

function base128(value: number): number[] {
  const septets = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) septets.unshift((rest & 0x7f) | 0x80);
  return septets;
}
