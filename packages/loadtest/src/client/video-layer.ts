import { randomInt } from 'node:crypto';
import { monotonicMs } from '../load/pacing.ts';
import { frameNumber, isFrameEnd, isFrameStart, PACKETS_PER_FRAME, writeVideoPayload } from '../load/video-payload.ts';
import type { RtpSender } from '../peer/rtp-sender.ts';
import { VIDEO_CLOCK_RATE_HZ, VIDEO_PAYLOAD_TYPE } from '../sdp/local-media.ts';

/** One stream of video frames of a few packets each, with a keyframe first and whenever one is requested. */
export class VideoLayer {
  readonly #sender: RtpSender;
  readonly #payloadBytes: number;
  readonly #ticksPerFrame: number;
  #sent = 0;
  #isKeyframeWanted = true;
  #isSendingKeyframe = false;

  constructor(sender: RtpSender, packetsPerSecond: number, payloadBytes: number) {
    this.#sender = sender;
    this.#payloadBytes = payloadBytes;
    this.#ticksPerFrame = Math.round((VIDEO_CLOCK_RATE_HZ * PACKETS_PER_FRAME) / packetsPerSecond);
  }

  /** The number of packets sent. */
  get sent(): number {
    return this.#sent;
  }

  /** The next frame will be a keyframe. */
  requestKeyframe(): void {
    this.#isKeyframeWanted = true;
  }

  sendPacket(): void {
    const counter = this.#sent++;
    if (isFrameStart(counter)) {
      this.#isSendingKeyframe = this.#isKeyframeWanted;
      this.#isKeyframeWanted = false;
    }
    const payload = { counter, sentAtMs: monotonicMs(), isKeyframe: this.#isSendingKeyframe && isFrameStart(counter) };
    const fields = {
      payloadType: VIDEO_PAYLOAD_TYPE,
      marker: isFrameEnd(counter),
      timestamp: (frameNumber(counter) * this.#ticksPerFrame) >>> 0,
      payloadBytes: this.#payloadBytes,
    };
    this.#sender.send(fields, (target) => writeVideoPayload(target, payload));
  }
}

/** Near the wrap, so that every run crosses it and increments the rollover counter. */
export function randomFirstSequenceNumber(): number {
  return randomInt(0xf000, 0x10000 - 0x100);
}
