/** A client on a real socket, told what to do in plans: it checks, completes DTLS, sends and receives audio. */
import { createHmac, randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type {
  CertificateFingerprint,
  IceCredentials,
  OutboundStream,
  PublisherTrackPlan,
  SecureEndpoint,
  SecureSuite,
  SubscriberTrackPlan,
  TransportPlan,
} from '@causeway/media';
import { parseStun, RtpView, verifyMessageIntegrity, writeBindingRequest, writeBindingSuccess, writeRtpHeader } from '@causeway/wire';
import { createIceCredentials } from '../../src/negotiation/ice-credentials.ts';

const LOOPBACK = '127.0.0.1';
const PAYLOAD_TYPE = 111;
const OPUS = {
  payloadType: PAYLOAD_TYPE,
  name: 'opus',
  clockRateHz: 48_000,
  channels: 2,
  fmtp: '',
  rtxPayloadType: undefined,
  nack: false,
  pli: false,
  fir: false,
};
const CHECK_INTERVAL_MS = 20;
const PACKET_TICKS = 960;
const RTP_HEADER_BYTES = 12;

/** Where the SFU is, and who it is. */
export interface RemoteSfu {
  readonly port: number;
  readonly fingerprint: CertificateFingerprint;
}

export class LeanClient {
  readonly id: string;
  /** Payloads that have come, as text, in the order they came. */
  readonly heard: string[] = [];
  /** Called with what comes in a DTLS record: SCTP. */
  onApplicationData: (nowMs: number, data: Uint8Array) => void = () => undefined;
  readonly #suite: SecureSuite;
  readonly #remote: RemoteSfu;
  readonly #view = new RtpView();
  readonly #secured = Promise.withResolvers<void>();
  readonly #ssrc = randomBytes(4).readUInt32BE();
  #local: IceCredentials = { ufrag: randomBytes(4).toString('hex'), password: randomBytes(16).toString('hex') };
  #sfu: IceCredentials;
  #socket: Socket | undefined;
  #endpoint: SecureEndpoint | undefined;
  #stream: OutboundStream | undefined;
  #checks: NodeJS.Timeout | undefined;
  #answered = Promise.withResolvers<void>();
  #sent = 0;

  /** @param suite of clients, which several may share */
  constructor(id: string, shardNo: number, suite: SecureSuite, remote: RemoteSfu) {
    this.id = id;
    this.#suite = suite;
    this.#remote = remote;
    this.#sfu = createIceCredentials(shardNo, { bytes: randomBytes });
  }

  get transportPlan(): TransportPlan {
    return {
      transportId: this.id,
      local: this.#sfu,
      remote: this.#local,
      dtlsRole: 'server',
      remoteFingerprints: [this.#suite.fingerprint],
      account: `app-of-${this.id}`,
    };
  }

  get publisherPlan(): PublisherTrackPlan {
    return {
      transportId: this.id,
      trackId: `${this.id}/microphone`,
      mid: '0',
      kind: 'audio',
      codecs: [OPUS],
      extensions: [],
      ssrcs: [{ ssrc: this.#ssrc, rtxSsrc: undefined }],
      rids: [],
      transportWideCc: false,
    };
  }

  subscriberPlan(source: LeanClient): SubscriberTrackPlan {
    return {
      transportId: this.id,
      subscriptionId: `${this.id}/speaker`,
      mid: '1',
      kind: 'audio',
      sourceTrackId: source.publisherPlan.trackId,
      ssrc: 77,
      rtxSsrc: undefined,
      cname: 'cname',
      codecs: [OPUS],
      extensions: [],
      paused: false,
      preferredRid: undefined,
    };
  }

  /** Resolves when checks are answered and DTLS is completed; the transport must be open. */
  async connect(): Promise<void> {
    await this.moveToNewAddress();
    this.#endpoint = this.#suite.createEndpoint({
      role: 'client',
      remoteFingerprints: [this.#remote.fingerprint],
      listener: {
        onDtlsOutput: (datagram) => this.#socket?.send(datagram),
        onConnected: () => this.#secured.resolve(),
        onClosed: (reason) => this.#secured.reject(new Error(`DTLS was closed: ${reason}`)),
        onApplicationData: (nowMs, data) => this.onApplicationData(nowMs, data),
        onDefect: (error) => this.#secured.reject(error),
      },
    });
    await this.#secured.promise;
    this.#stream = this.#endpoint.openOutboundStream(this.#ssrc);
  }

  /** Goes on from another port, as after a change of network. Resolves when the SFU has answered there. */
  async moveToNewAddress(): Promise<void> {
    this.#socket?.close();
    const socket = createSocket('udp4');
    socket.connect(this.#remote.port, LOOPBACK);
    await once(socket, 'connect');
    this.#socket = socket;
    socket.on('message', (datagram, from) => this.#handleDatagram(socket, datagram, from));
    // An answer that says that the port is closed: the shard is gone, and that is what the test is about.
    socket.on('error', () => undefined);
    await this.#checkUntilAnswered();
  }

  /** Takes new credentials on both sides. @returns the plan for the shard; checks go on with them after `confirmRestart` */
  restartIce(shardNo: number): TransportPlan {
    this.#local = { ufrag: randomBytes(4).toString('hex'), password: randomBytes(16).toString('hex') };
    this.#sfu = createIceCredentials(shardNo, { bytes: randomBytes });
    return this.transportPlan;
  }

  confirmRestart(): Promise<void> {
    return this.#checkUntilAnswered();
  }

  /** Sends one packet with this text. */
  say(text: string): void {
    const { arena } = this.#suite;
    if (this.#stream === undefined) throw new Error(`${this.id} is not connected`);
    const slot = arena.takeSlot();
    const payload = Buffer.from(text);
    writeRtpHeader(arena.bytes, slot, false, PAYLOAD_TYPE, this.#sent, this.#sent * PACKET_TICKS, this.#ssrc);
    arena.bytes.set(payload, slot + RTP_HEADER_BYTES);
    const row = {
      count: 1,
      streams: [this.#stream],
      offset: Uint32Array.of(slot),
      headerLength: Uint16Array.of(RTP_HEADER_BYTES),
      plainLength: Uint16Array.of(RTP_HEADER_BYTES + payload.length),
      packetIndex: Float64Array.of(this.#sent++),
      isRtcp: Uint8Array.of(0),
      protectedLength: Uint16Array.of(0),
    };
    this.#suite.protect(row);
    this.#socket?.send(arena.bytes.slice(slot, slot + (row.protectedLength[0] ?? 0)));
  }

  sendApplicationData(data: Uint8Array): void {
    this.#endpoint?.sendApplicationData(data);
  }

  close(): void {
    clearInterval(this.#checks);
    this.#endpoint?.close();
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #checkUntilAnswered(): Promise<void> {
    this.#answered = Promise.withResolvers();
    clearInterval(this.#checks);
    this.#check();
    this.#checks = setInterval(() => this.#check(), CHECK_INTERVAL_MS);
    await this.#answered.promise;
  }

  #check(): void {
    this.#socket?.send(
      writeBindingRequest({
        transactionId: randomBytes(12),
        username: `${this.#sfu.ufrag}:${this.#local.ufrag}`,
        priority: 1,
        useCandidate: true,
        iceControlling: 1n,
        integrity: { key: Buffer.from(this.#sfu.password), hmacSha1 },
        fingerprint: true,
      }),
    );
  }

  #handleDatagram(socket: Socket, datagram: Buffer, from: RemoteInfo): void {
    const first = datagram[0] ?? 0;
    if (first <= 3) this.#handleStun(socket, datagram, from);
    else if (first < 64) this.#endpoint?.handleDtls(performance.now(), datagram);
    else if (datagram[1] === PAYLOAD_TYPE) this.#hear(datagram);
  }

  #handleStun(socket: Socket, datagram: Buffer, { address, port }: RemoteInfo): void {
    const message = parseStun(datagram);
    if (message === undefined) return;
    if (message.messageClass === 'success' && verifyMessageIntegrity(message, Buffer.from(this.#sfu.password), hmacSha1)) {
      this.#answered.resolve();
    } else if (message.messageClass === 'request') {
      const integrity = { key: Buffer.from(this.#local.password), hmacSha1 };
      socket.send(writeBindingSuccess({ transactionId: message.transactionId, address, port, integrity, fingerprint: true }));
    }
  }

  #hear(datagram: Buffer): void {
    const length = this.#endpoint?.inbound.unprotectRtp(datagram) ?? -1;
    if (length < 0 || !this.#view.read(datagram, length)) return;
    const { headerLength, payloadLength } = this.#view;
    this.heard.push(datagram.toString('utf8', headerLength, headerLength + payloadLength));
  }
}

function hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha1', key).update(data).digest();
}
