import type { SecureEndpointListener } from '@causeway/media';

/** First byte of a DTLS record with application data. */
const APPLICATION_DATA = 23;
const Kind = { open: 0, ack: 1, text: 2, binary: 3 } as const;
const HEADER_LENGTH = 4;

/**
 * Data channels without SCTP, for a world without encryption: one datagram a message, of any length, and what the network loses is lost.
 * Both ends are of this class.
 */
export class PlainChannels {
  readonly #listener: SecureEndpointListener;
  readonly #labels = new Map<number, string>();
  readonly #open = new Set<number>();
  #nextStreamId: number;

  constructor(role: 'server' | 'client', listener: SecureEndpointListener) {
    this.#listener = listener;
    this.#nextStreamId = role === 'server' ? 1 : 0;
  }

  open(label: string): number {
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 2;
    this.#labels.set(streamId, label);
    this.#output(Kind.open, streamId, Buffer.from(label));
    return streamId;
  }

  send(streamId: number, data: Uint8Array | string): boolean {
    if (!this.#open.has(streamId)) return false;
    this.#output(typeof data === 'string' ? Kind.text : Kind.binary, streamId, Buffer.from(data as string));
    return true;
  }

  handle(datagram: Uint8Array): void {
    const bytes = Buffer.from(datagram);
    if (bytes.length < HEADER_LENGTH || bytes[0] !== APPLICATION_DATA) return;
    const streamId = bytes.readUInt16BE(2);
    const payload = bytes.subarray(HEADER_LENGTH);
    switch (bytes[1]) {
      case Kind.open:
        this.#output(Kind.ack, streamId, Buffer.alloc(0));
        this.#becomeOpen(streamId, payload.toString());
        break;
      case Kind.ack:
        this.#becomeOpen(streamId, this.#labels.get(streamId) ?? '');
        break;
      case Kind.text:
        if (this.#open.has(streamId)) this.#listener.onDataChannelMessage(streamId, payload.toString());
        break;
      case Kind.binary:
        if (this.#open.has(streamId)) this.#listener.onDataChannelMessage(streamId, Uint8Array.from(payload));
    }
  }

  #becomeOpen(streamId: number, label: string): void {
    if (this.#open.has(streamId)) return;
    this.#open.add(streamId);
    const channel = { streamId, label, protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
    this.#listener.onDataChannelOpened(channel);
  }

  #output(kind: number, streamId: number, payload: Buffer): void {
    const header = Buffer.of(APPLICATION_DATA, kind, streamId >> 8, streamId & 0xff);
    this.#listener.onDtlsOutput(Uint8Array.from(Buffer.concat([header, payload])));
  }
}
