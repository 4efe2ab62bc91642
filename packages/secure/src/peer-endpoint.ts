/** One peer: its DTLS association, the SRTP keys that came of it, and the data channels inside it. */
import type {
  DataChannelRequest,
  OutboundStream,
  SecureCloseReason,
  SecureEndpoint,
  SecureEndpointListener,
  SecureEndpointOptions,
} from '@causeway/media';
import type { LocalCertificate } from './dtls/certificate.ts';
import { DtlsAssociation } from './dtls/dtls-association.ts';
import type { DtlsCounters } from './dtls/dtls-counters.ts';
import { DataChannels } from './sctp/data-channels.ts';
import type { SctpCounters } from './sctp/sctp-counters.ts';
import type { RtpOutboundStream } from './srtp/outbound-stream.ts';
import type { SrtpKeyingMaterial } from './srtp/srtp-keys.ts';
import type { SrtpTransform } from './srtp/srtp-suite.ts';

/** What all endpoints of a suite share. */
export interface PeerEndpointContext {
  readonly certificate: LocalCertificate;
  readonly dtlsCounters: DtlsCounters;
  readonly sctpCounters: SctpCounters;
  /** Those that are not closed; endpoints keep it themselves. */
  readonly live: Set<PeerEndpoint>;
}

export class PeerEndpoint implements SecureEndpoint {
  readonly #listener: SecureEndpointListener;
  readonly #srtp: SrtpTransform;
  readonly #dtls: DtlsAssociation;
  readonly #channels: DataChannels;
  readonly #live: Set<PeerEndpoint>;
  #isConnected = false;
  #isClosed = false;

  constructor(options: SecureEndpointOptions, srtp: SrtpTransform, context: PeerEndpointContext) {
    const { role, remoteFingerprints, listener } = options;
    this.#listener = listener;
    this.#srtp = srtp;
    this.#channels = new DataChannels(
      role,
      {
        onPacket: (packet) => this.#dtls.send(packet),
        onOpened: (channel) => listener.onDataChannelOpened(channel),
        onClosed: (streamId) => listener.onDataChannelClosed(streamId),
        onMessage: (streamId, data) => listener.onDataChannelMessage(streamId, data),
        onAborted: () => this.#end('association-aborted'),
      },
      context.sctpCounters,
    );
    this.#dtls = new DtlsAssociation(
      {
        role,
        certificate: context.certificate,
        remoteFingerprints,
        listener: {
          onOutput: (datagram) => listener.onDtlsOutput(datagram),
          onConnected: (keys) => this.#handleConnected(keys),
          onData: (data) => this.#channels.handlePacket(data),
          onClosed: (reason) => this.#end(reason),
          onDefect: (error) => listener.onDefect(error),
        },
      },
      context.dtlsCounters,
    );
    this.#live = context.live;
    this.#live.add(this);
  }

  /** The handshake has ended well. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  get hasAssociation(): boolean {
    return this.#channels.hasAssociation;
  }

  get dataChannelCount(): number {
    return this.#channels.channelCount;
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

  handleDtls(nowMs: number, datagram: Uint8Array): void {
    this.#dtls.handleDatagram(nowMs, datagram);
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

  openDataChannel(request: DataChannelRequest): number | undefined {
    return this.#isConnected ? this.#channels.open(request) : undefined;
  }

  sendData(streamId: number, data: Uint8Array | string): boolean {
    return this.#channels.send(streamId, data);
  }

  closeDataChannel(streamId: number): void {
    this.#channels.closeChannel(streamId);
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

  /** Data first: its goodbye travels inside DTLS. */
  #release(): void {
    this.#live.delete(this);
    this.#channels.close();
    this.#dtls.close();
    this.#srtp.close();
  }
}
