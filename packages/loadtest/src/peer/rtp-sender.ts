import type { OutboundStream, SecureSuite } from '@causeway/media';
import { RtpExtensionWriter, writeRtpHeader } from '@causeway/wire';
import type { LoadPeer } from './load-peer.ts';
import { SingleRow } from './single-row.ts';

export interface RtpStreamOptions {
  readonly ssrc: number;
  /** Also the packet index, so the rollover counter starts at 0. */
  readonly firstSequenceNumber: number;
  /** Every packet has these, in the one-byte form (RFC 8285 §4.2). */
  readonly extensions?: readonly RtpExtension[];
}

export interface RtpExtension {
  readonly id: number;
  readonly value: Uint8Array;
}

export interface RtpFields {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly timestamp: number;
  readonly payloadBytes: number;
}

/** The part of a connected peer that is needed to send. */
export type SendingPeer = Pick<LoadPeer, 'endpoint' | 'send'>;

/** Numbers, protects and sends the packets of one SSRC at once. The peer must be connected. */
export class RtpSender {
  readonly #suite: SecureSuite;
  readonly #peer: SendingPeer;
  readonly #stream: OutboundStream;
  readonly #batch: SingleRow;
  readonly #extensions: readonly RtpExtension[];
  readonly #extensionWriter = new RtpExtensionWriter();
  #packetIndex: number;

  constructor(suite: SecureSuite, peer: SendingPeer, { ssrc, firstSequenceNumber, extensions = [] }: RtpStreamOptions) {
    this.#suite = suite;
    this.#peer = peer;
    this.#stream = peer.endpoint.openOutboundStream(ssrc);
    this.#batch = new SingleRow(this.#stream);
    this.#packetIndex = firstSequenceNumber;
    this.#extensions = extensions;
  }

  /** @param writePayload fills the payload in place */
  send(fields: RtpFields, writePayload: (payload: Uint8Array) => void): void {
    const { bytes } = this.#suite.arena;
    const slot = this.#suite.arena.takeSlot();
    const headerBytes = this.#writeHeader(bytes, slot, fields);
    const plainLength = headerBytes + fields.payloadBytes;
    writePayload(bytes.subarray(slot + headerBytes, slot + plainLength));

    this.#batch.fill(slot, headerBytes, plainLength, this.#packetIndex++);
    this.#suite.protect(this.#batch);
    this.#peer.send(bytes.subarray(slot, slot + this.#batch.resultLength));
  }

  /** @returns the length of the header in bytes */
  #writeHeader(bytes: Uint8Array, slot: number, { marker, payloadType, timestamp }: RtpFields): number {
    writeRtpHeader(bytes, slot, marker, payloadType, this.#packetIndex & 0xffff, timestamp, this.#stream.ssrc);
    this.#extensionWriter.begin(bytes, slot);
    for (const { id, value } of this.#extensions) this.#extensionWriter.add(id, value, 0, value.length);
    return this.#extensionWriter.end() - slot;
  }
}
