import {
  checkVideoPayload,
  MIN_PAYLOAD_BYTES,
  PACKETS_PER_FRAME,
  PLAINTEXT_MARK,
  type VideoPayload,
  writeVideoPayload,
} from '../src/load/video-payload.ts';

const SIZE_BYTES = 1188;
const scratch = new Uint8Array(2048);

function written(payload: VideoPayload, sizeBytes = SIZE_BYTES): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  writeVideoPayload(bytes, payload);
  return bytes;
}

describe('video payload', () => {
  const keyframeStart = { counter: 5 * PACKETS_PER_FRAME, sentAtMs: 123456.789, isKeyframe: true };
  const interFrameStart = { ...keyframeStart, isKeyframe: false };
  const middle = { counter: 5 * PACKETS_PER_FRAME + 3, sentAtMs: 123456.789, isKeyframe: false };

  test.each([keyframeStart, interFrameStart, middle])('returns what was written: %j', (payload) => {
    expect(checkVideoPayload(written(payload), scratch)).toEqual(payload);
  });

  test('can be checked at the smallest size', () => {
    expect(checkVideoPayload(written(keyframeStart, MIN_PAYLOAD_BYTES), scratch)).toEqual(keyframeStart);
    expect(checkVideoPayload(written(keyframeStart).subarray(0, MIN_PAYLOAD_BYTES - 1), scratch)).toBeUndefined();
  });

  test.each([keyframeStart, interFrameStart, middle])('is rejected after a single flipped bit, wherever it is: %j', (payload) => {
    const original = written(payload);
    for (let index = 0; index < original.length; index++) {
      for (const bit of [0x01, 0x80]) {
        const damaged = original.slice();
        damaged[index]! ^= bit;

        const found = checkVideoPayload(damaged, scratch);

        if (found !== undefined) throw new Error(`bit ${bit} of byte ${index} was flipped and not noticed: ${JSON.stringify(found)}`);
      }
    }
    expect(checkVideoPayload(original, scratch)).toEqual(payload);
  });

  test('with `renumbered`, accepts other picture ids and no other change', () => {
    const renumbered = written(middle)!;
    renumbered[3]! ^= 0x55;
    const changed = Uint8Array.from(renumbered);
    changed[4]! ^= 1;

    expect(checkVideoPayload(renumbered, scratch)).toBeUndefined();
    expect(checkVideoPayload(renumbered, scratch, 'renumbered')).toEqual(middle);
    expect(checkVideoPayload(changed, scratch, 'renumbered')).toBeUndefined();
  });

  test.each([keyframeStart, interFrameStart, middle])('can be recognised on a wire by its beginning and by its end: %j', (payload) => {
    const bytes = Buffer.from(written(payload));

    expect(bytes.subarray(0, 64).indexOf(PLAINTEXT_MARK)).toBeGreaterThan(0);
    expect(bytes.subarray(-16).indexOf(PLAINTEXT_MARK)).toBe(0);
  });

  test('is rejected if it was truncated or extended', () => {
    const longer = new Uint8Array(SIZE_BYTES + 1);
    longer.set(written(middle));

    expect(checkVideoPayload(longer, scratch)).toBeUndefined();
  });

  test('has the start of a frame in the descriptor, and the keyframe bit in the frame header (RFC 7741 §4.2, §4.3)', () => {
    const [key, inter, rest] = [keyframeStart, interFrameStart, middle].map((payload) => written(payload));

    expect([key![0]! & 0x10, inter![0]! & 0x10, rest![0]! & 0x10]).toEqual([0x10, 0x10, 0]);
    expect([key![4]! & 1, inter![4]! & 1]).toEqual([0, 1]);
    expect([...key!.subarray(7, 10)]).toEqual([0x9d, 0x01, 0x2a]);
  });

  test('numbers pictures by frame, in the long form of 15 bits', () => {
    const payload = { ...middle, counter: 0x8123 * PACKETS_PER_FRAME };

    expect([...written(payload).subarray(1, 4)]).toEqual([0x80, 0x80 | 0x01, 0x23]);
  });

  test('differs from packet to packet even after the stamp', () => {
    const [first, second] = [written(middle), written({ ...middle, counter: middle.counter + 1 })];

    expect(Buffer.compare(first!.subarray(20), second!.subarray(20))).not.toBe(0);
  });
});
