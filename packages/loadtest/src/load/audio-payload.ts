/**
 * RTP payloads in place of Opus frames: a counter, then the repeated mark, so that any 32 bytes of an unencrypted payload are recognised.
 */
import { PLAINTEXT_MARK } from './video-payload.ts';

const COUNTER_BYTES = 4;
/** The counter and one mark. */
export const MIN_AUDIO_PAYLOAD_BYTES = COUNTER_BYTES + PLAINTEXT_MARK.length;

/** Fills the whole of `target`, which must hold at least `MIN_AUDIO_PAYLOAD_BYTES`. */
export function writeAudioPayload(target: Uint8Array, counter: number): void {
  new DataView(target.buffer, target.byteOffset, target.byteLength).setUint32(0, counter);
  for (let index = COUNTER_BYTES; index < target.length; index++) target[index] = expectedByte(index);
}

/** @returns the counter; undefined if any byte differs from what the sender must have written */
export function checkAudioPayload(received: Uint8Array): number | undefined {
  if (received.length < MIN_AUDIO_PAYLOAD_BYTES) return undefined;
  for (let index = COUNTER_BYTES; index < received.length; index++) if (received[index] !== expectedByte(index)) return undefined;
  return new DataView(received.buffer, received.byteOffset, received.byteLength).getUint32(0);
}

function expectedByte(index: number): number {
  return PLAINTEXT_MARK[(index - COUNTER_BYTES) % PLAINTEXT_MARK.length] ?? 0;
}
