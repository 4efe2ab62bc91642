import type { OutboundStream, ProtectBatch, SecureSuite } from '@causeway/media';
import { writeRtpHeader } from '@causeway/wire';
import type { LoadPeer } from './load-peer.ts';

const HEADER_BYTES = 12;

export interface RtpFields {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly timestamp: number;
  readonly payloadBytes: number;
}

/** Sends the packets of one SSRC: numbers, protects and sends each at once. The peer must be connected. */
export class RtpSender {
  readonly #suite: SecureSuite;
  readonly #peer: LoadPeer;
  readonly #stream: OutboundStream;
  readonly #batch: SingleRow;
  #packetIndex: number;

  /** @param firstSequenceNumber also the packet index, so the rollover counter starts at 0 */
  constructor(suite: SecureSuite, peer: LoadPeer, ssrc: number, firstSequenceNumber: number) {
    this.#suite = suite;
    this.#peer = peer;
    this.#stream = peer.endpoint.openOutboundStream(ssrc);
    this.#batch = new SingleRow(this.#stream);
    this.#packetIndex = firstSequenceNumber;
  }

  /** @param writePayload fills the payload in place */
  send(fields: RtpFields, writePayload: (payload: Uint8Array) => void): void {
    const { bytes } = this.#suite.arena;
    const slot = this.#suite.arena.takeSlot();
    const plainLength = HEADER_BYTES + fields.payloadBytes;
    writeRtpHeader(bytes, slot, fields.marker, fields.payloadType, this.#packetIndex & 0xffff, fields.timestamp, this.#stream.ssrc);
    writePayload(bytes.subarray(slot + HEADER_BYTES, slot + plainLength));

    this.#batch.fill(slot, HEADER_BYTES, plainLength, this.#packetIndex++);
    this.#suite.protect(this.#batch);
    this.#peer.send(bytes.subarray(slot, slot + this.#batch.resultLength));
  }
}

/** A batch of one packet. */
class SingleRow implements ProtectBatch {
  readonly count = 1;
  readonly streams: readonly OutboundStream[];
  readonly offset = new Uint32Array(1);
  readonly headerLength = new Uint16Array(1);
  readonly plainLength = new Uint16Array(1);
  readonly packetIndex = new Float64Array(1);
  readonly isRtcp = new Uint8Array(1);
  readonly protectedLength = new Uint16Array(1);

  constructor(stream: OutboundStream) {
    this.streams = [stream];
  }

  get resultLength(): number {
    return this.protectedLength[0] ?? 0;
  }

  fill(offset: number, headerLength: number, plainLength: number, packetIndex: number): void {
    this.offset[0] = offset;
    this.headerLength[0] = headerLength;
    this.plainLength[0] = plainLength;
    this.packetIndex[0] = packetIndex;
  }
}
