/**
 * AV1 payloads: detects the packet that starts a coded video sequence, which is AV1's term for a keyframe at which
 * decoding can begin.
 *
 * @see AV1 RTP payload format 1.0 §4.4, AV1 bitstream §5.3.2
 */

const CONTINUATION_BIT = 0x80;
const NEW_SEQUENCE_BIT = 0x08;
const ELEMENT_COUNT_SHIFT = 4;
const ELEMENT_COUNT_MASK = 0x03;
const OBU_TYPE_SHIFT = 3;
const OBU_TYPE_MASK = 0x0f;
const SEQUENCE_HEADER = 1;
const TEMPORAL_DELIMITER = 2;
/** LEB128 allows eight bytes; no length within a datagram needs more than three. */
const MAX_LENGTH_BYTES = 3;

/**
 * Whether this payload starts a coded video sequence, as shown by its N bit or, for senders that do not set it, by a
 * sequence header as the first OBU.
 */
export function isAv1Keyframe(payload: Uint8Array, offset: number, length: number): boolean {
  if (length < 2) return false;
  const aggregation = payload[offset];
  if ((aggregation & CONTINUATION_BIT) !== 0) return false;
  if ((aggregation & NEW_SEQUENCE_BIT) !== 0) return true;
  return firstObuType(payload, offset, offset + length) === SEQUENCE_HEADER;
}

/** Returns the type of the first OBU that is not a temporal delimiter, which senders should omit; -1 if it is cut off. */
function firstObuType(payload: Uint8Array, offset: number, end: number): number {
  const elements = (payload[offset] >> ELEMENT_COUNT_SHIFT) & ELEMENT_COUNT_MASK;
  let at = offset + 1;
  for (let i = 1; i <= 2; i++) {
    // If the count is 0, every element is preceded by its length; otherwise all but the last are.
    const isBare = i === elements;
    const start = isBare ? at : endOfLength(payload, at, end);
    if (start >= end) return -1;
    const type = (payload[start] >> OBU_TYPE_SHIFT) & OBU_TYPE_MASK;
    if (type !== TEMPORAL_DELIMITER || isBare) return type;
    at = start + readLength(payload, at, start);
  }
  return -1;
}

function endOfLength(payload: Uint8Array, offset: number, end: number): number {
  for (let at = offset; at < end && at < offset + MAX_LENGTH_BYTES; at++) if (payload[at] < 0x80) return at + 1;
  return end;
}

function readLength(payload: Uint8Array, offset: number, end: number): number {
  let length = 0;
  for (let at = end - 1; at >= offset; at--) length = (length << 7) | (payload[at] & 0x7f);
  return length;
}
