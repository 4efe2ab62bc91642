import type { SecureSuite } from '@causeway/media';
import { parseRtcp, type RtcpPacket } from '@causeway/wire';
import type { SendingPeer } from './rtp-sender.ts';
import { SingleRow } from './single-row.ts';

/** Length of the part of an RTCP packet that is not encrypted (RFC 3711 §3.4). */
const CLEAR_BYTES = 8;

/** Protects and sends the RTCP packets of a connected peer at once. */
export class RtcpChannel {
  readonly #suite: SecureSuite;
  readonly #peer: SendingPeer;
  readonly #batch: SingleRow;

  constructor(suite: SecureSuite, peer: SendingPeer) {
    this.#suite = suite;
    this.#peer = peer;
    this.#batch = new SingleRow(peer.endpoint.rtcpStream);
  }

  /** @param packet a compound packet, not encrypted */
  send(packet: Uint8Array): void {
    const { bytes } = this.#suite.arena;
    const slot = this.#suite.arena.takeSlot();
    bytes.set(packet, slot);
    this.#batch.fill(slot, CLEAR_BYTES, packet.length, 0, 'rtcp');
    this.#suite.protect(this.#batch);
    this.#peer.send(bytes.subarray(slot, slot + this.#batch.resultLength));
  }
}

/** The SSRCs for which a decrypted compound RTCP packet requests a keyframe, by PLI or FIR. */
export function requestedKeyframes(packet: Uint8Array, length: number): readonly number[] {
  return (parseRtcp(packet, length) ?? []).flatMap(ssrcsOf);
}

function ssrcsOf(message: RtcpPacket): readonly number[] {
  if (message.type === 'pli') return [message.mediaSsrc];
  return message.type === 'fir' ? message.entries.map(({ ssrc }) => ssrc) : [];
}
