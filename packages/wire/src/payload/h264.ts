/**
 * H.264 payloads: detects the packet that starts a keyframe.
 *
 * It reads single NAL units, STAP-A and FU-A, which are all formats of packetization modes 0 and 1. STAP-B, MTAP and
 * FU-B of the interleaved mode are not used in WebRTC (RFC 7742 §6.2).
 *
 * @see RFC 6184 §5.4, §5.7.1, §5.8
 */
import { readUint16 } from '../numbers.ts';

const TYPE_MASK = 0x1f;
const IDR_SLICE = 5;
const SEQUENCE_PARAMETER_SET = 7;
const STAP_A = 24;
const FU_A = 28;
const FU_START_BIT = 0x80;
/** Top bit of a slice header; it is set if `first_mb_in_slice`, an Exp-Golomb code, is 0. */
const FIRST_SLICE_BIT = 0x80;

/**
 * Whether this payload starts a keyframe: it contains a sequence parameter set, or the first slice of an IDR picture.
 * Parameter sets count because decoding cannot start without them, and senders put them in a separate packet before the
 * IDR slices.
 */
export function isH264Keyframe(payload: Uint8Array, offset: number, length: number): boolean {
  if (length < 2) return false;
  switch (payload[offset] & TYPE_MASK) {
    case STAP_A:
      return aggregateStartsKeyframe(payload, offset + 1, offset + length);
    case FU_A:
      return fragmentStartsKeyframe(payload, offset, length);
    default:
      return unitStartsKeyframe(payload[offset], payload[offset + 1]);
  }
}

/**
 * Whether a payload that starts a keyframe is a slice. The parameter sets that it needs are then in earlier packets,
 * perhaps much earlier ones.
 */
export function isH264Slice(payload: Uint8Array, offset: number): boolean {
  const type = payload[offset] & TYPE_MASK;
  return type === IDR_SLICE || type === FU_A;
}

function unitStartsKeyframe(unitHeader: number, sliceHeader: number): boolean {
  const type = unitHeader & TYPE_MASK;
  return type === SEQUENCE_PARAMETER_SET || (type === IDR_SLICE && (sliceHeader & FIRST_SLICE_BIT) !== 0);
}

function aggregateStartsKeyframe(payload: Uint8Array, offset: number, end: number): boolean {
  let at = offset;
  while (at + 4 <= end) {
    const unitLength = readUint16(payload, at);
    if (at + 2 + unitLength > end) return false;
    if (unitLength >= 2 && unitStartsKeyframe(payload[at + 2], payload[at + 3])) return true;
    at += 2 + unitLength;
  }
  return false;
}

function fragmentStartsKeyframe(payload: Uint8Array, offset: number, length: number): boolean {
  if (length < 3 || (payload[offset + 1] & FU_START_BIT) === 0) return false;
  return unitStartsKeyframe(payload[offset + 1], payload[offset + 2]);
}
