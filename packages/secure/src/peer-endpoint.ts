/** One peer: its DTLS association, and SRTP with the keys from it. */
import type {
  OutboundStream,
  SecureCloseReason,
  SecureEndpoint,
  SecureEndpointListener,
  SecureEndpointOptions,
  Timers,
} from '@causeway/media';
import type { LocalCertificate } from './dtls/certificate.ts';
import { DtlsAssociation } from './dtls/dtls-association.ts';
import type { DtlsCounters } from './dtls/dtls-counters.ts';
import type { RtpOutboundStream } from './srtp/outbound-stream.ts';
import type { SrtpKeyingMaterial } from './srtp/srtp-keys.ts';
import type { SrtpTransform } from './srtp/srtp-suite.ts';

/** What all endpoints of a suite share. */
export interface PeerEndpointContext {
  readonly certificate: LocalCertificate;
  readonly dtlsCounters: DtlsCounters;
  /** For endpoints that are created without timers. */
  readonly ownTimers: Timers;
  /** The endpoints that are not closed. They add and remove themselves. */
  readonly live: Set<PeerEndpoint>;
}

export class PeerEndpoint implements SecureEndpoint {
  readonly #listener: SecureEndpointListener;
  readonly #srtp: SrtpTransform;
  readonly #dtls: DtlsAssociation;
  readonly #live: Set<PeerEndpoint>;
  /** When the current datagram arrived. */
  #nowMs = 0;
  #isConnected = false;
  #isClosed = false;

  constructor(options: SecureEndpointOptions, srtp: SrtpTransform, context: PeerEndpointContext) {
    const { role, remoteFingerprints, listener } = options;
    this.#listener = listener;
    this.#srtp = srtp;
    this.#dtls = new DtlsAssociation(
      {
        role,
        certificate: context.certificate,
        remoteFingerprints,
        timers: options.timers ?? context.ownTimers,
        isPeerHeard: () => srtp.inbound.hasReceived,
        listener: {
          onOutput: (datagram) => listener.onDtlsOutput(datagram),
          onConnected: (keys) => this.#handleConnected(keys),
          onData: (data) => listener.onApplicationData(this.#nowMs, data),
          onClosed: (reason) => this.#end(reason),
          onDefect: (error) => listener.onDefect(error),
        },
      },
      context.dtlsCounters,
    );
    this.#live = context.live;
    this.#live.add(this);
  }

  /** Whether the handshake has succeeded. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  get outboundStreamCount(): number {
    return this.#srtp.outbound.size;
  }

  get rtcpStream(): OutboundStream {
    return this.#srtp.outbound.rtcpStream;
  }

  get areKeysNearlyUsedUp(): boolean {
    return this.#srtp.outbound.rtcpStream.isNearlyUsedUp;
  }

  get hasPeerFinished(): boolean {
    return this.#dtls.hasPeerFinished;
  }

  handleDtls(nowMs: number, datagram: Uint8Array): void {
    this.#nowMs = nowMs;
    this.#dtls.handleDatagram(nowMs, datagram);
  }

  prepareRtp(packet: Uint8Array): void {
    this.#srtp.inbound.prepareRtp(packet);
  }

  unprotectRtp(packet: Uint8Array): number {
    return this.#srtp.inbound.unprotectRtp(packet);
  }

  unprotectRtcp(packet: Uint8Array): number {
    return this.#srtp.inbound.unprotectRtcp(packet);
  }

  expectInbound(ssrc: number): void {
    this.#srtp.inbound.expect(ssrc);
  }

  endInbound(ssrc: number): void {
    this.#srtp.inbound.end(ssrc);
  }

  openOutboundStream(ssrc: number): OutboundStream {
    return this.#srtp.outbound.open(ssrc);
  }

  closeOutboundStream(stream: OutboundStream): void {
    this.#srtp.outbound.closeStream(stream as RtpOutboundStream);
  }

  sendApplicationData(data: Uint8Array): void {
    this.#dtls.send(data);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  #handleConnected(keys: SrtpKeyingMaterial): void {
    this.#isConnected = true;
    this.#srtp.setKeys(keys);
    this.#listener.onConnected(keys.profile);
  }

  #end(reason: SecureCloseReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
    this.#listener.onClosed(reason);
  }

  #release(): void {
    this.#live.delete(this);
    this.#dtls.close();
    this.#srtp.close();
  }
}
