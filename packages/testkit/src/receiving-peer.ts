/** Behaves like any real receiver: it requests missing packets, and notes what it could hand to a decoder. */
import { SequenceUnwrapper, toSeq16, writeNack } from '@causeway/wire';
import type { ReceivedRtp, ScriptedPeer } from './scripted-peer.ts';
import type { VirtualWorld } from './virtual-world.ts';

const ASK_EVERY_MS = 40;
const MAX_ASKED_AT_ONCE = 100;

export interface ReceivingPeerOptions {
  readonly ssrc: number;
  readonly rtxSsrc?: number;
}

export class ReceivingPeer {
  readonly peer: ScriptedPeer;
  readonly #world: VirtualWorld;
  readonly #options: ReceivingPeerOptions;
  readonly #unwrapper = new SequenceUnwrapper();
  /** Packets by unwrapped sequence number, with retransmissions in the place of the originals. */
  readonly packets = new Map<number, ReceivedRtp>();
  duplicates = 0;
  repairedByRtx = 0;
  #first = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  /** No packet is missing from the first number to this one. */
  #completeTo = Number.NEGATIVE_INFINITY;

  constructor(world: VirtualWorld, peer: ScriptedPeer, options: ReceivingPeerOptions) {
    this.peer = peer;
    this.#world = world;
    this.#options = options;
    peer.onRtp = (packet) => this.#receive(packet);
  }

  /** Requests missing packets until the world's time has passed by `durationMs`. Call it before running the world. */
  askForMissing(durationMs: number): void {
    for (let afterMs = 0; afterMs < durationMs; afterMs += ASK_EVERY_MS) this.#world.after(afterMs, (nowMs) => this.#ask(nowMs));
  }

  /** Returns the unwrapped numbers between the first and the last packet that have not arrived. */
  get missing(): number[] {
    while (this.packets.has(this.#completeTo + 1)) this.#completeTo++;
    const missing: number[] = [];
    for (let sequence = this.#completeTo + 1; sequence < this.#highest; sequence++) {
      if (!this.packets.has(sequence)) missing.push(sequence);
    }
    return missing;
  }

  /** Returns what arrived, in order of sequence number. */
  get inOrder(): ReceivedRtp[] {
    return [...this.packets].sort(([a], [b]) => a - b).map(([, packet]) => packet);
  }

  #ask(nowMs: number): void {
    const lost = this.missing.slice(0, MAX_ASKED_AT_ONCE).map(toSeq16);
    if (lost.length === 0) return;
    const { ssrc } = this.#options;
    this.peer.sendRtcp(nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: ssrc, lost }));
  }

  #receive(packet: ReceivedRtp): void {
    if (packet.ssrc === this.#options.rtxSsrc) {
      // This is padding for a bandwidth probe, since RFC 4588 §4 leaves no room for an original number there.
      if (packet.payload.length < 2) return;
      this.repairedByRtx++;
      const original = new DataView(packet.payload.buffer, packet.payload.byteOffset).getUint16(0);
      this.#note({ ...packet, sequence: toSeq16(original), payload: packet.payload.subarray(2) });
    } else if (packet.ssrc === this.#options.ssrc) {
      this.#note(packet);
    }
  }

  #note(packet: ReceivedRtp): void {
    const sequence = this.#unwrapper.unwrap(packet.sequence);
    if (this.packets.has(sequence)) this.duplicates++;
    else this.packets.set(sequence, packet);
    this.#highest = Math.max(this.#highest, sequence);
    if (sequence >= this.#first) return;
    this.#first = sequence;
    this.#completeTo = sequence;
  }
}
