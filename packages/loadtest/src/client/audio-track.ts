import { writeAudioPayload } from '../load/audio-payload.ts';
import type { RtpSender } from '../peer/rtp-sender.ts';
import { AUDIO_CLOCK_RATE_HZ, AUDIO_PAYLOAD_TYPE } from '../sdp/local-media.ts';

/** One stream of audio packets, each of which stands alone. */
export class AudioTrack {
  readonly #sender: RtpSender;
  readonly #payloadBytes: number;
  readonly #ticksPerPacket: number;
  #sent = 0;

  constructor(sender: RtpSender, packetsPerSecond: number, payloadBytes: number) {
    this.#sender = sender;
    this.#payloadBytes = payloadBytes;
    this.#ticksPerPacket = Math.round(AUDIO_CLOCK_RATE_HZ / packetsPerSecond);
  }

  get sent(): number {
    return this.#sent;
  }

  /** Audio has no keyframes. */
  requestKeyframe(): void {}

  sendPacket(): void {
    const counter = this.#sent++;
    const fields = {
      payloadType: AUDIO_PAYLOAD_TYPE,
      marker: false,
      timestamp: (counter * this.#ticksPerPacket) >>> 0,
      payloadBytes: this.#payloadBytes,
    };
    this.#sender.send(fields, (target) => writeAudioPayload(target, counter));
  }
}
