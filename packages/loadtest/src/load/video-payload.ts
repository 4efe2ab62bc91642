/**
 * RTP payloads that an SFU accepts as VP8 and of which a receiver can check every byte: a payload descriptor, the header of a VP8 frame,
 * then a counter, the send time and a pattern derived from both.
 *
 * @see RFC 7741 §4.2 (payload descriptor), §4.3 and RFC 6386 §9.1 (frame header)
 */

/**
 * Sixteen bytes that every payload of a load client contains. Ciphertext contains them by chance once in 2^128 packets, so a datagram that
 * contains them was sent unencrypted.
 */
export const PLAINTEXT_MARK: Uint8Array = new TextEncoder().encode('in clear: a leak');

/** About 31 frames a second at 250 packets a second, as a camera would send. */
export const PACKETS_PER_FRAME = 8;

/** X, I and a 15-bit picture id, as browsers send for one spatial and one temporal layer. */
const DESCRIPTOR_BYTES = 4;
const PICTURE_ID_OFFSET = 2;
const DESCRIPTOR_EXTENDED = 0x80;
const DESCRIPTOR_START_OF_PARTITION = 0x10;
const DESCRIPTOR_HAS_PICTURE_ID = 0x80;
const LONG_PICTURE_ID = 0x80;

const INTER_FRAME_TAG = Uint8Array.of(0x31, 0x12, 0x00);
/** Frame tag with the inverse-keyframe bit clear, start code, 640 x 480. */
const KEYFRAME_HEADER = Uint8Array.of(0x30, 0x12, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01);

const STAMP_BYTES = 12;
/** The longest header and the stamp must fit, with some pattern after them. */
export const MIN_PAYLOAD_BYTES = DESCRIPTOR_BYTES + KEYFRAME_HEADER.length + STAMP_BYTES + 4;

export interface VideoPayload {
  /** Counts packets from 0; also determines the packet's position in its frame and the picture id. */
  readonly counter: number;
  /** Any clock that sender and checker share. */
  readonly sentAtMs: number;
  readonly isKeyframe: boolean;
}

export function isFrameStart(counter: number): boolean {
  return counter % PACKETS_PER_FRAME === 0;
}

export function isFrameEnd(counter: number): boolean {
  return counter % PACKETS_PER_FRAME === PACKETS_PER_FRAME - 1;
}

export function frameNumber(counter: number): number {
  return Math.floor(counter / PACKETS_PER_FRAME);
}

/**
 * Fills the whole of `target`, which must hold at least `MIN_PAYLOAD_BYTES`. If there is room, the pattern begins and ends with the mark by
 * which an unencrypted payload is recognised on the wire.
 */
export function writeVideoPayload(target: Uint8Array, payload: VideoPayload): void {
  const stampOffset = writeHead(target, payload);
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  view.setUint32(stampOffset, payload.counter);
  view.setFloat64(stampOffset + 4, payload.sentAtMs);
  fillPattern(target, stampOffset + STAMP_BYTES, patternSeed(view, stampOffset));
  if (target.length < stampOffset + STAMP_BYTES + 2 * PLAINTEXT_MARK.length) return;
  target.set(PLAINTEXT_MARK, stampOffset + STAMP_BYTES);
  target.set(PLAINTEXT_MARK, target.length - PLAINTEXT_MARK.length);
}

/**
 * Reads the stamp back and compares every byte with what the sender must have written.
 *
 * @param scratch at least as long as `received`; overwritten
 * @param pictureIds `renumbered` lets them differ, because an SFU renumbers pictures when the source of a subscription changes
 * @returns undefined if any byte differs
 */
export function checkVideoPayload(
  received: Uint8Array,
  scratch: Uint8Array,
  pictureIds: 'as-sent' | 'renumbered' = 'as-sent',
): VideoPayload | undefined {
  if (received.length < MIN_PAYLOAD_BYTES || scratch.length < received.length) return undefined;
  const startsFrame = ((received[0] ?? 0) & DESCRIPTOR_START_OF_PARTITION) !== 0;
  const isKeyframe = startsFrame && ((received[DESCRIPTOR_BYTES] ?? 0) & 1) === 0;
  const stampOffset = DESCRIPTOR_BYTES + headerLength(startsFrame, isKeyframe);
  const view = new DataView(received.buffer, received.byteOffset, received.byteLength);
  const payload = { counter: view.getUint32(stampOffset), sentAtMs: view.getFloat64(stampOffset + 4), isKeyframe };

  const expected = scratch.subarray(0, received.length);
  writeVideoPayload(expected, payload);
  if (pictureIds === 'renumbered') expected.set(received.subarray(PICTURE_ID_OFFSET, DESCRIPTOR_BYTES), PICTURE_ID_OFFSET);
  return Buffer.compare(expected, received) === 0 ? payload : undefined;
}

function writeHead(target: Uint8Array, { counter, isKeyframe }: VideoPayload): number {
  const startsFrame = isFrameStart(counter);
  const pictureId = frameNumber(counter) & 0x7fff;
  target[0] = DESCRIPTOR_EXTENDED | (startsFrame ? DESCRIPTOR_START_OF_PARTITION : 0);
  target[1] = DESCRIPTOR_HAS_PICTURE_ID;
  target[2] = LONG_PICTURE_ID | (pictureId >> 8);
  target[3] = pictureId & 0xff;
  if (startsFrame) target.set(isKeyframe ? KEYFRAME_HEADER : INTER_FRAME_TAG, DESCRIPTOR_BYTES);
  return DESCRIPTOR_BYTES + headerLength(startsFrame, isKeyframe);
}

function headerLength(startsFrame: boolean, isKeyframe: boolean): number {
  if (!startsFrame) return 0;
  return isKeyframe ? KEYFRAME_HEADER.length : INTER_FRAME_TAG.length;
}

/** All bytes of the stamp contribute to the seed, so that a flipped bit changes the pattern. */
function patternSeed(view: DataView, stampOffset: number): number {
  const timeWords = Math.imul(view.getUint32(stampOffset + 4), 0x9e3779b1) ^ Math.imul(view.getUint32(stampOffset + 8), 0x85ebca6b);
  // Zero is the one state that xorshift never leaves.
  return view.getUint32(stampOffset) ^ timeWords || 0x9e3779b9;
}

/** Marsaglia's xorshift32 is cheap, and its period is longer than any packet. */
function fillPattern(target: Uint8Array, from: number, seed: number): void {
  let state = seed;
  for (let index = from; index < target.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    target[index] = state & 0xff;
  }
}
