/** One peer: its DTLS association, the SRTP keys that came of it, and the data channels inside it. */
import type { OutboundStream, SecureCloseReason, SecureEndpoint, SecureEndpointListener, SecureEndpointOptions } from '@causeway/media';
import type { LocalCertificate } from './dtls/certificate.ts';
import { DtlsAssociation } from './dtls/dtls-association.ts';
import type { DtlsConnection } from './dtls/dtls-connection.ts';
import type { DtlsCounters } from './dtls/dtls-counters.ts';
import type { RtpOutboundStream } from './srtp/outbound-stream.ts';
import type { SrtpKeyingMaterial } from './srtp/srtp-keys.ts';
import type { SrtpTransform } from './srtp/srtp-suite.ts';

export class PeerEndpoint implements SecureEndpoint {
  readonly #listener: SecureEndpointListener;
  readonly #srtp: SrtpTransform;
  readonly #dtls: DtlsConnection;

  constructor(options: SecureEndpointOptions, certificate: LocalCertificate, srtp: SrtpTransform, counters: DtlsCounters) {
    this.#listener = options.listener;
    this.#srtp = srtp;
    this.#dtls = new DtlsAssociation(
      {
        role: options.role,
        certificate,
        remoteFingerprints: options.remoteFingerprints,
        listener: {
          onOutput: (datagram) => this.#listener.onDtlsOutput(datagram),
          onConnected: (keys) => this.#handleConnected(keys),
          onData: () => {},
          onClosed: (reason) => this.#handleClosed(reason),
        },
      },
      counters,
    );
  }

  get rtcpStream(): OutboundStream {
    return this.#srtp.outbound.rtcpStream;
  }

  handleDtls(nowMs: number, datagram: Uint8Array): void {
    this.#dtls.handleDatagram(nowMs, datagram);
  }

  unprotectRtp(packet: Uint8Array): number {
    return this.#srtp.inbound.unprotectRtp(packet);
  }

  unprotectRtcp(packet: Uint8Array): number {
    return this.#srtp.inbound.unprotectRtcp(packet);
  }

  openOutboundStream(ssrc: number): OutboundStream {
    return this.#srtp.outbound.open(ssrc);
  }

  closeOutboundStream(stream: OutboundStream): void {
    this.#srtp.outbound.closeStream(stream as RtpOutboundStream);
  }

  sendData(_streamId: number, _data: Uint8Array | string): boolean {
    return false;
  }

  closeDataChannel(_streamId: number): void {}

  close(): void {
    this.#dtls.close();
    this.#srtp.close();
  }

  #handleConnected(keys: SrtpKeyingMaterial): void {
    this.#srtp.setKeys(keys);
    this.#listener.onConnected(keys.profile);
  }

  #handleClosed(reason: SecureCloseReason): void {
    this.#srtp.close();
    this.#listener.onClosed(reason);
  }
}
