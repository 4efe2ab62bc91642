/** Behaves like any real publisher: it answers NACKs from what it has sent, and PLIs with a keyframe. */
import { type RtcpPacket, toSeq16 } from '@causeway/wire';
import type { RtpToSend, ScriptedPeer } from './scripted-peer.ts';
import type { VideoSource } from './video-source.ts';
import type { VirtualWorld } from './virtual-world.ts';

export class PublishingPeer {
  readonly peer: ScriptedPeer;
  readonly #world: VirtualWorld;
  readonly #source: VideoSource;
  readonly #sent = new Map<number, RtpToSend>();
  #isKeyframeDue = true;
  /** The PLIs that have arrived, with their times. */
  readonly keyframeRequestsMs: number[] = [];
  packetsSent = 0;

  constructor(world: VirtualWorld, peer: ScriptedPeer, source: VideoSource) {
    this.peer = peer;
    this.#world = world;
    this.#source = source;
    peer.onRtcp = (nowMs, packet) => this.#handleRtcp(nowMs, packet);
  }

  /** Publishes frames for a while, and returns when that time has passed in the world. */
  publishFor(durationMs: number, frameIntervalMs = 33): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += frameIntervalMs) {
      this.sendFrame();
      this.#world.run(frameIntervalMs);
    }
  }

  sendFrame(): void {
    const kind = this.#isKeyframeDue ? 'key' : 'inter';
    this.#isKeyframeDue = false;
    for (const packet of this.#source.nextFrame(kind)) {
      this.#sent.set(packet.sequence, packet);
      this.peer.sendRtp(this.#world.nowMs, packet);
      this.packetsSent++;
    }
  }

  #handleRtcp(nowMs: number, packet: RtcpPacket): void {
    if (packet.type === 'pli') {
      this.keyframeRequestsMs.push(nowMs);
      this.#isKeyframeDue = true;
    } else if (packet.type === 'nack') {
      for (const sequence of packet.lost) this.#resend(nowMs, toSeq16(sequence));
    }
  }

  #resend(nowMs: number, sequence: number): void {
    const packet = this.#sent.get(sequence);
    if (packet !== undefined) this.peer.sendRtp(nowMs, packet);
  }
}
