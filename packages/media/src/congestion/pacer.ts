/** Decides when an outgoing packet leaves: at once, or spread over the next milliseconds. */
import type { Path, SendKind } from '../demux/path.ts';
import { type DropCounters, DropReason } from '../drop-reason.ts';
import type { OutboundStream } from '../secure-endpoint.ts';
import type { EngineTime } from '../timers.ts';

/** An RTP packet in a slot of the arena. */
export interface WrittenPacket {
  /** Where it starts in the arena. */
  readonly offset: number;
  /** Of fixed header and extensions. */
  readonly headerLength: number;
  readonly length: number;
  readonly kind: SendKind;
  /** Where in the arena its transport-wide number belongs; 0 if it carries none. */
  readonly transportSequenceOffset: number;
}

/** Numbers packets transport-wide as they leave. */
export interface PacketStamper {
  /**
   * Writes the number of a packet that leaves now.
   *
   * @param time an object, since a fraction would become one anew with each call
   * @param offset where the number belongs in `bytes`
   */
  stamp(time: Readonly<EngineTime>, bytes: Uint8Array, offset: number, plainLength: number): void;
}

/** A peer as the pacer sees it: where its packets go, and who shares its rate. */
export interface PacedPeer {
  /** Undefined while nothing may be sent. */
  readonly sendPath: Path | undefined;
  readonly outbox: PacketOutlet;
  readonly sender: PacketStamper;
}

/** Where packets go when they leave: the outbox. */
export interface PacketOutlet {
  addRtp(path: Path, stream: OutboundStream, packet: WrittenPacket, packetIndex: number, stamper: PacketStamper): void;
}

/**
 * Stands between the subscriber tracks, which call `release` with every packet they have written, and the outbox. One that
 * holds packets back reads what it keeps of `packet` before it returns: the writer reuses the object, not the slot.
 */
export interface Pacer {
  /** @param packetIndex the unwrapped sequence number (RFC 3711 §3.3.1) */
  release(peer: PacedPeer, stream: OutboundStream, packet: WrittenPacket, packetIndex: number): void;
}

/** @returns a pacer that holds nothing back */
export function createPassThroughPacer(drops: DropCounters): Pacer {
  return {
    release(peer, stream, packet, packetIndex) {
      const path = peer.sendPath;
      if (path === undefined) drops.increment(DropReason.SendNotReady);
      else peer.outbox.addRtp(path, stream, packet, packetIndex, peer.sender);
    },
  };
}
