import { checkAudioPayload, MIN_AUDIO_PAYLOAD_BYTES, writeAudioPayload } from '../src/load/audio-payload.ts';
import { PLAINTEXT_MARK } from '../src/load/video-payload.ts';

function written(counter: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  writeAudioPayload(bytes, counter);
  return bytes;
}

describe('audio payload', () => {
  test.each([MIN_AUDIO_PAYLOAD_BYTES, 108])('returns its counter, with %d bytes', (sizeBytes) => {
    expect(checkAudioPayload(written(4_000_000_000, sizeBytes))).toBe(4_000_000_000);
  });

  test('is rejected if any byte differs', () => {
    for (let index = 4; index < 108; index++) {
      const damaged = written(7, 108);
      damaged[index]! ^= 1;

      expect(checkAudioPayload(damaged)).toBeUndefined();
    }
    expect(checkAudioPayload(written(7, MIN_AUDIO_PAYLOAD_BYTES).subarray(1))).toBeUndefined();
  });

  test('can be recognised by any 32 bytes after the counter', () => {
    const payload = written(7, 108);

    for (let from = 4; from + 32 <= payload.length; from++) {
      expect(Buffer.from(payload.subarray(from, from + 32)).indexOf(PLAINTEXT_MARK)).toBeGreaterThanOrEqual(0);
    }
  });
});
