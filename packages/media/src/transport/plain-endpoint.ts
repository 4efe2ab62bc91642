/** The endpoint of a transport whose packets never leave the process. They are not encrypted, since no one else can read them. */
import type { InboundRtp, OutboundStream, PacketArena, ProtectBatch, SecureEndpoint, SecureEndpointListener } from '../secure-endpoint.ts';

/** Application data travels as a DTLS record would, so it starts with the content type of such a record. */
const APPLICATION_DATA = 23;

export class PlainEndpoint implements SecureEndpoint, InboundRtp {
  readonly inbound: InboundRtp = this;
  readonly rtcpStream: OutboundStream = { ssrc: 0 };
  readonly areKeysNearlyUsedUp = false;
  readonly hasPeerFinished = true;
  readonly #listener: SecureEndpointListener;

  constructor(listener: SecureEndpointListener) {
    this.#listener = listener;
  }

  handleDtls(nowMs: number, datagram: Uint8Array): void {
    if (datagram[0] === APPLICATION_DATA) this.#listener.onApplicationData(nowMs, datagram.subarray(1));
  }

  unprotectRtp(packet: Uint8Array): number {
    return packet.length;
  }

  unprotectRtcp(packet: Uint8Array): number {
    return packet.length;
  }

  expect(): void {}

  end(): void {}

  openOutboundStream(ssrc: number): OutboundStream {
    return { ssrc };
  }

  closeOutboundStream(): void {}

  sendApplicationData(data: Uint8Array): void {
    const datagram = new Uint8Array(1 + data.length);
    datagram[0] = APPLICATION_DATA;
    datagram.set(data, 1);
    this.#listener.onDtlsOutput(datagram);
  }

  close(): void {}
}

/** Replaces `SecureSuite.protect` for these transports, and leaves packets as they were written. */
export function leavePlain({ count, plainLength, protectedLength }: ProtectBatch, { bytes }: PacketArena): Uint8Array {
  for (let row = 0; row < count; row++) protectedLength[row] = plainLength[row];
  return bytes;
}
