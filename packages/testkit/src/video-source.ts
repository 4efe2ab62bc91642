/** Writes the packets of a VP8 publisher: frames at a steady rate, each in a few packets, with payloads that identify the packet. */
import type { RtpToSend } from './scripted-peer.ts';

const TICKS_PER_FRAME = 3000;
/** The start of a partition. A picture id of 15 bits and TL0PICIDX follow (RFC 7741 §4.2). */
const DESCRIPTOR_LENGTH = 5;
/** The frame tag of a key frame with its start code, then 320 x 240 (RFC 6386 §9.1). */
const KEYFRAME_HEADER = Uint8Array.of(0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00);
const INTERFRAME_HEADER = Uint8Array.of(0x11, 0x02, 0x00);
const NO_PAYLOAD = new Uint8Array(0);
/** The temporal layers of eight frames, and whether each is a layer sync (RFC 7741 §4.2: TID, Y). */
const TEMPORAL_IDS = [0, 2, 1, 2, 0, 2, 1, 2];
const LAYER_SYNCS = [0, 1, 1, 1, 0, 0, 0, 0];

export interface VideoSourceOptions {
  readonly ssrc: number;
  readonly payloadType?: number;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  readonly packetsPerFrame?: number;
  /** Default: the same as for other frames. */
  readonly packetsPerKeyframe?: number;
  /**
   * The number of packets without a payload after each frame. libwebrtc sends these to probe for bandwidth where RTX was not negotiated.
   */
  readonly probesPerFrame?: number;
  readonly payloadBytes?: number;
  /**
   * Whether there are three temporal layers, in the order 0 2 1 2, of which the upper ones have a layer sync in every other round. Default:
   * false.
   */
  readonly hasTemporalLayers?: boolean;
  readonly extensions?: ReadonlyMap<number, Uint8Array>;
}

export class VideoSource {
  readonly #options: VideoSourceOptions;
  #sequence: number;
  #timestamp: number;
  #pictureId = 0x100;
  #serial = 0;
  #frame = 0;
  #tl0PicIdx = 0;

  constructor(options: VideoSourceOptions) {
    this.#options = options;
    this.#sequence = options.firstSequence ?? 1000;
    this.#timestamp = options.firstTimestamp ?? 90_000;
  }

  /** Returns the packets of the next frame. */
  nextFrame(kind: 'key' | 'inter'): RtpToSend[] {
    if (kind === 'key') this.#frame = 0;
    if (TEMPORAL_IDS[this.#frame % TEMPORAL_IDS.length] === 0) this.#tl0PicIdx = (this.#tl0PicIdx + 1) & 0xff;
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
    this.#frame++;
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    return packets;
  }

  #payload(kind: 'key' | 'inter', place: number): Uint8Array {
    const payload = new Uint8Array(this.#options.payloadBytes ?? 200);
    const start = place === 0 ? 0x10 : 0;
    payload.set([0x80 | start, ...this.#extension()]);
    const headerStart = DESCRIPTOR_LENGTH + (this.#options.hasTemporalLayers === true ? 1 : 0);
    if (place === 0) payload.set(kind === 'key' ? KEYFRAME_HEADER : INTERFRAME_HEADER, headerStart);
    new DataView(payload.buffer).setUint32(payload.length - 4, this.#serial++);
    return payload;
  }

  #extension(): readonly number[] {
    const pictureId = [0x80 | (this.#pictureId >> 8), this.#pictureId & 0xff];
    if (this.#options.hasTemporalLayers !== true) return [0xc0, ...pictureId, 0];
    const place = this.#frame % TEMPORAL_IDS.length;
    return [0xe0, ...pictureId, this.#tl0PicIdx, ((TEMPORAL_IDS[place] ?? 0) << 6) | ((LAYER_SYNCS[place] ?? 0) << 5)];
  }
}

/** Returns the serial number that `VideoSource` wrote into a payload: 0, 1, 2, … in the order of sending. */
export function serialOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(payload.length - 4);
}
