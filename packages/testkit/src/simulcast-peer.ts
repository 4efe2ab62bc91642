import type { ExtensionPlan } from '@causeway/media';
import type { ScriptedPeer } from './scripted-peer.ts';
import { VideoSource } from './video-source.ts';
import type { VirtualWorld } from './virtual-world.ts';

const MID = { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' };
const RID = { id: 10, uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id' };

/** A layer with thirty frames a second. The size of a payload tells layers apart. */
export interface SimulcastLayer {
  readonly rid: string;
  readonly ssrc: number;
  readonly payloadBytes: number;
  readonly packetsPerFrame?: number;
  readonly packetsPerKeyframe?: number;
  readonly hasTemporalLayers?: boolean;
}

const LAYERS: readonly SimulcastLayer[] = [
  { rid: 'q', ssrc: 11, payloadBytes: 100 },
  { rid: 'h', ssrc: 12, payloadBytes: 300 },
  { rid: 'f', ssrc: 13, payloadBytes: 1000 },
];
/** The layers of a camera as a browser sends them: 150, 600 and 1750 kbit/s, with keyframes eight times as large as other frames. */
export const CAMERA_LAYERS: readonly SimulcastLayer[] = [
  { rid: 'q', ssrc: 11, payloadBytes: 580, packetsPerFrame: 1, packetsPerKeyframe: 8 },
  { rid: 'h', ssrc: 12, payloadBytes: 790, packetsPerFrame: 3, packetsPerKeyframe: 24 },
  { rid: 'f', ssrc: 13, payloadBytes: 1000, packetsPerFrame: 7, packetsPerKeyframe: 56 },
];

/** The extensions that identify its packets (RFC 9143, RFC 8852). */
export const SIMULCAST_EXTENSIONS: readonly ExtensionPlan[] = [MID, RID];

/** A publisher with three layers, each under its own RID. Every layer has a source of its own, which sends keyframes on request. */
export class SimulcastPeer {
  readonly #world: VirtualWorld;
  readonly #peer: ScriptedPeer;
  readonly #keyframeDue: Set<number>;
  readonly #sources: readonly { readonly ssrc: number; readonly rid: string; readonly source: VideoSource }[];
  /** The layers that it sends. */
  active = ['q', 'h', 'f'];
  /** Whether it sends a keyframe of every layer when one of any is requested, as Chromium does. */
  answersForAllLayers = false;
  /** The keyframes that were requested from it, by SSRC. */
  readonly keyframeRequests: number[] = [];

  /** @param mid of its publication, a single character */
  constructor(world: VirtualWorld, peer: ScriptedPeer, layers: readonly SimulcastLayer[] = LAYERS, mid = '0') {
    this.#world = world;
    this.#peer = peer;
    this.#keyframeDue = new Set(layers.map(({ ssrc }) => ssrc));
    this.#sources = layers.map(({ rid, ...layer }) => {
      const extensions = new Map([
        [MID.id, Uint8Array.of(mid.charCodeAt(0))],
        [RID.id, Uint8Array.of(rid.charCodeAt(0))],
      ]);
      return { ssrc: layer.ssrc, rid, source: new VideoSource({ ...layer, extensions }) };
    });
    const { onRtcp } = peer;
    peer.onRtcp = (nowMs, packet) => {
      onRtcp(nowMs, packet);
      if (packet.type !== 'pli' || !this.#sources.some(({ ssrc }) => ssrc === packet.mediaSsrc)) return;
      const answered = this.answersForAllLayers ? this.#sources.map(({ ssrc }) => ssrc) : [packet.mediaSsrc];
      for (const ssrc of answered) this.#keyframeDue.add(ssrc);
      this.keyframeRequests.push(packet.mediaSsrc);
    };
  }

  publishFor(durationMs: number): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 33) {
      this.sendFrame();
      this.#world.run(33);
    }
  }

  /** Sends one frame of each layer. */
  sendFrame(): void {
    for (const { ssrc, rid, source } of this.#sources) {
      if (!this.active.includes(rid)) continue;
      for (const packet of source.nextFrame(this.#keyframeDue.delete(ssrc) ? 'key' : 'inter'))
        this.#peer.sendRtp(this.#world.nowMs, packet);
    }
  }
}
