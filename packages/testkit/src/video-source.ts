/** A VP8 publisher's packets: frames at a steady rate, each a few packets, with payloads that tell which packet they are. */
import type { RtpToSend } from './scripted-peer.ts';

const TICKS_PER_FRAME = 3000;
/** Start of partition, picture id of 15 bits and TL0PICIDX follow (RFC 7741 §4.2). */
const DESCRIPTOR_LENGTH = 5;
/** Frame tag of a key frame with its start code, then 320 x 240 (RFC 6386 §9.1). */
const KEYFRAME_HEADER = Uint8Array.of(0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00);
const INTERFRAME_HEADER = Uint8Array.of(0x11, 0x02, 0x00);
const NO_PAYLOAD = new Uint8Array(0);

export interface VideoSourceOptions {
  readonly ssrc: number;
  readonly payloadType?: number;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  readonly packetsPerFrame?: number;
  /** Default: as many as of any frame. */
  readonly packetsPerKeyframe?: number;
  /** Packets without a payload after each frame: so libwebrtc probes for bandwidth where RTX was not negotiated. */
  readonly probesPerFrame?: number;
  readonly payloadBytes?: number;
  readonly extensions?: ReadonlyMap<number, Uint8Array>;
}

export class VideoSource {
  readonly #options: VideoSourceOptions;
  #sequence: number;
  #timestamp: number;
  #pictureId = 0x100;
  #serial = 0;

  constructor(options: VideoSourceOptions) {
    this.#options = options;
    this.#sequence = options.firstSequence ?? 1000;
    this.#timestamp = options.firstTimestamp ?? 90_000;
  }

  /** The packets of the next frame. */
  nextFrame(kind: 'key' | 'inter'): RtpToSend[] {
    const { ssrc, payloadType = 96, probesPerFrame = 0, extensions } = this.#options;
    const { packetsPerFrame: ordinary = 3, packetsPerKeyframe = ordinary } = this.#options;
    const packetsPerFrame = kind === 'key' ? packetsPerKeyframe : ordinary;
    const packets: RtpToSend[] = [];
    for (let place = 0; place < packetsPerFrame + probesPerFrame; place++) {
      packets.push({
        ssrc,
        payloadType,
        sequence: this.#sequence++ & 0xffff,
        timestamp: this.#timestamp >>> 0,
        marker: place === packetsPerFrame - 1,
        payload: place < packetsPerFrame ? this.#payload(kind, place) : NO_PAYLOAD,
        ...(extensions === undefined ? {} : { extensions }),
      });
    }
    this.#timestamp += TICKS_PER_FRAME;
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    return packets;
  }

  #payload(kind: 'key' | 'inter', place: number): Uint8Array {
    const payload = new Uint8Array(this.#options.payloadBytes ?? 200);
    const start = place === 0 ? 0x10 : 0;
    payload.set([0x80 | start, 0xc0, 0x80 | (this.#pictureId >> 8), this.#pictureId & 0xff, 0]);
    if (place === 0) payload.set(kind === 'key' ? KEYFRAME_HEADER : INTERFRAME_HEADER, DESCRIPTOR_LENGTH);
    new DataView(payload.buffer).setUint32(payload.length - 4, this.#serial++);
    return payload;
  }
}

/** The serial number that `VideoSource` wrote into a payload: 0, 1, 2, … in sending order. */
export function serialOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(payload.length - 4);
}
