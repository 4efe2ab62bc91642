/** Chooses the keyframe detection for a codec, once per track. */
import { isAv1Keyframe } from './av1.ts';
import { isH264Keyframe } from './h264.ts';
import { isVp8Keyframe } from './vp8.ts';
import { isVp9Keyframe } from './vp9.ts';

/** Whether the RTP payload at `offset`, `length` bytes long, is the first of a keyframe. Accepts any bytes and allocates nothing. */
export type KeyframeDetector = (payload: Uint8Array, offset: number, length: number) => boolean;

/**
 * @param codecName in lower case, as in `a=rtpmap` without the clock rate: `vp8`, `vp9`, `h264`, `av1`
 * @returns undefined for any other codec: audio, and video whose payload is not understood
 */
export function keyframeDetector(codecName: string): KeyframeDetector | undefined {
  switch (codecName) {
    case 'vp8':
      return isVp8Keyframe;
    case 'vp9':
      return isVp9Keyframe;
    case 'h264':
      return isH264Keyframe;
    case 'av1':
      return isAv1Keyframe;
    default:
      return undefined;
  }
}
