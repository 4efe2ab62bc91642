import type { ExtensionPlan } from '@causeway/media';
import type { ScriptedPeer } from './scripted-peer.ts';
import { VideoSource } from './video-source.ts';
import type { VirtualWorld } from './virtual-world.ts';

const MID = { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' };
const RID = { id: 10, uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id' };
const LAYERS: readonly { readonly rid: string; readonly ssrc: number; readonly payloadBytes: number }[] = [
  { rid: 'q', ssrc: 11, payloadBytes: 100 },
  { rid: 'h', ssrc: 12, payloadBytes: 300 },
  { rid: 'f', ssrc: 13, payloadBytes: 1000 },
];

/** What its packets are marked with (RFC 9143, RFC 8852). */
export const SIMULCAST_EXTENSIONS: readonly ExtensionPlan[] = [MID, RID];

/** A publisher with three layers, each under its own RID: one source a layer, keyframes on request. */
export class SimulcastPeer {
  readonly #world: VirtualWorld;
  readonly #peer: ScriptedPeer;
  readonly #keyframeDue = new Set<number>(LAYERS.map(({ ssrc }) => ssrc));
  readonly #sources = LAYERS.map(({ rid, ssrc, payloadBytes }) => ({
    ssrc,
    rid,
    source: new VideoSource({
      ssrc,
      payloadBytes,
      extensions: new Map([
        [MID.id, Uint8Array.of(0x30)],
        [RID.id, Uint8Array.of(rid.charCodeAt(0))],
      ]),
    }),
  }));
  /** Which layers it sends. */
  active = ['q', 'h', 'f'];
  /** Keyframes asked of it, by SSRC. */
  readonly keyframeRequests: number[] = [];

  constructor(world: VirtualWorld, peer: ScriptedPeer) {
    this.#world = world;
    this.#peer = peer;
    peer.onRtcp = (_nowMs, packet) => {
      if (packet.type !== 'pli') return;
      this.#keyframeDue.add(packet.mediaSsrc);
      this.keyframeRequests.push(packet.mediaSsrc);
    };
  }

  publishFor(durationMs: number): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 33) {
      for (const { ssrc, rid, source } of this.#sources) {
        if (!this.active.includes(rid)) continue;
        for (const packet of source.nextFrame(this.#keyframeDue.delete(ssrc) ? 'key' : 'inter'))
          this.#peer.sendRtp(this.#world.nowMs, packet);
      }
      this.#world.run(33);
    }
  }
}
