/**
 * A peer under a test's control, in virtual time. It sends checks, handshakes in one datagram, sends RTP and RTCP as told, and keeps what
 * it receives. It speaks to the engine in plain text over two links (see `PlainSuite`).
 */
import { createHmac } from 'node:crypto';
import type { IceCredentials, Path } from '@causeway/media';
import {
  ECN_NOT_CAPABLE,
  type HmacSha1,
  parseRtcp,
  parseStun,
  type RtcpPacket,
  RtpExtensionWriter,
  RtpView,
  type Seq16,
  type TransportFeedbackTaker,
  toSeq16,
  verifyMessageIntegrity,
  writeBindingRequest,
  writeBindingSuccess,
  writeRtpHeader,
} from '@causeway/wire';
import { plainGoodbye, plainHello } from './plain-suite.ts';
import type { VirtualLink } from './virtual-link.ts';

export const hmacSha1: HmacSha1 = (key, data) => createHmac('sha1', key).update(data).digest();

/** An RTP packet that a peer has received. */
export interface ReceivedRtp {
  readonly atMs: number;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: Seq16;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** Header extension values by id. */
  readonly extensions: ReadonlyMap<number, Uint8Array>;
  /** The number of bytes before the payload: the fixed header and the block of extensions. */
  readonly headerLength: number;
  /** The ECN field that it arrived with. */
  readonly ecn: number;
}

/** An RTP packet that a test sends. */
export interface RtpToSend {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly marker?: boolean;
  /** Header extension values by id. */
  readonly extensions?: ReadonlyMap<number, Uint8Array>;
}

const MAX_EXTENSION_ID = 20;
const DTLS_APPLICATION_DATA = 23;

export class ScriptedPeer {
  readonly id: string;
  #local: IceCredentials;
  #remote: IceCredentials;
  #link: VirtualLink;
  #path: Path;
  #transactions = 0;
  readonly received: ReceivedRtp[] = [];
  readonly rtcp: RtcpPacket[] = [];
  isConnected = false;
  hasSaidGoodbye = false;
  /** Successful answers to connectivity checks. */
  checksAnswered = 0;
  /** Transaction ids of the engine's own checks, which verify that the peer receives at an address. */
  readonly challenges: Uint8Array[] = [];
  /** Whether the peer answers those, as every full agent does. */
  answersChallenges = true;
  /** Called with each RTP packet as it arrives, after it was recorded. */
  onRtp: (packet: ReceivedRtp) => void = () => undefined;
  onRtcp: (nowMs: number, packet: RtcpPacket) => void = () => undefined;
  /** Takes feedback on what the peer sends. Without it, transport-wide feedback is added to `rtcp`, and reports by stream are dropped. */
  feedbackTaker: TransportFeedbackTaker | undefined = undefined;
  /** Called with the content of a DTLS record, which is SCTP. */
  onApplicationData: (nowMs: number, data: Uint8Array) => void = () => undefined;

  constructor(id: string, local: IceCredentials, remote: IceCredentials, path: Path, link: VirtualLink) {
    this.id = id;
    this.#local = local;
    this.#remote = remote;
    this.#path = path;
    this.#link = link;
  }

  get path(): Path {
    return this.#path;
  }

  /** Sends from another address from now on. */
  moveTo(path: Path, link: VirtualLink): void {
    this.#path = path;
    this.#link = link;
  }

  /** Changes the credentials, as an ICE restart does: `local` is the peer's own half, `remote` the engine's. */
  useCredentials(local: IceCredentials, remote: IceCredentials): void {
    this.#local = local;
    this.#remote = remote;
  }

  check(nowMs: number, options: { readonly nominate: boolean } = { nominate: true }): void {
    this.#link.send(nowMs, this.writeCheck(options));
  }

  /** Writes a check like that of `check`, for a test to send from anywhere. */
  writeCheck(options: { readonly nominate: boolean } = { nominate: true }): Uint8Array {
    const transactionId = new Uint8Array(12);
    new DataView(transactionId.buffer).setUint32(0, ++this.#transactions);
    return writeBindingRequest({
      transactionId,
      username: `${this.#remote.ufrag}:${this.#local.ufrag}`,
      priority: 1,
      useCandidate: options.nominate,
      iceControlling: 1n,
      integrity: { key: Buffer.from(this.#remote.password), hmacSha1 },
      fingerprint: true,
    });
  }

  writeChallengeAnswer(transactionId: Uint8Array): Uint8Array {
    const { remoteAddress: address, remotePort: port } = this.#path;
    const integrity = { key: Buffer.from(this.#local.password), hmacSha1 };
    return writeBindingSuccess({ transactionId, address, port, integrity, fingerprint: true });
  }

  handshake(nowMs: number): void {
    this.#link.send(nowMs, plainHello());
  }

  sayGoodbye(nowMs: number): void {
    this.#link.send(nowMs, plainGoodbye());
  }

  sendRtp(nowMs: number, packet: RtpToSend): void {
    const out = new Uint8Array(1500);
    writeRtpHeader(out, 0, packet.marker ?? false, packet.payloadType, toSeq16(packet.sequence), packet.timestamp, packet.ssrc);
    const writer = new RtpExtensionWriter();
    writer.begin(out, 0, false);
    for (const [id, value] of packet.extensions ?? []) writer.add(id, value, 0, value.length);
    const end = writer.end();
    out.set(packet.payload, end);
    this.#link.send(nowMs, out.subarray(0, end + packet.payload.length));
  }

  /** @param write one of the `write…` functions of `wire`, applied to a buffer */
  sendRtcp(nowMs: number, write: (out: Uint8Array, offset: number) => number): void {
    const out = new Uint8Array(1500);
    this.#link.send(nowMs, out.subarray(0, write(out, 0)));
  }

  /** Sends arbitrary bytes. */
  sendRaw(nowMs: number, datagram: Uint8Array): void {
    this.#link.send(nowMs, datagram);
  }

  /** Takes a datagram from the engine. @param ecn the ECN field that it arrives with */
  handleDatagram(nowMs: number, datagram: Uint8Array, ecn = ECN_NOT_CAPABLE): void {
    const first = datagram[0] ?? 0;
    if (first < 4) this.#receiveStun(nowMs, datagram);
    else if (first === plainHello()[0]) this.isConnected = true;
    else if (first === plainGoodbye()[0]) this.hasSaidGoodbye = true;
    else if (first === DTLS_APPLICATION_DATA) this.onApplicationData(nowMs, datagram.subarray(1));
    else if ((datagram[1] ?? 0) >= 192 && (datagram[1] ?? 0) <= 223) this.#receiveRtcp(nowMs, datagram);
    else this.#receiveRtp(nowMs, datagram, ecn);
  }

  #receiveStun(nowMs: number, datagram: Uint8Array): void {
    const message = parseStun(datagram);
    if (message === undefined) throw new Error(`${this.id} got STUN that cannot be parsed`);
    if (message.messageClass === 'success') {
      this.checksAnswered++;
      return;
    }
    const key = Buffer.from(this.#local.password);
    const isForUs = message.username === `${this.#local.ufrag}:${this.#remote.ufrag}` && verifyMessageIntegrity(message, key, hmacSha1);
    if (!isForUs) return;
    this.challenges.push(message.transactionId.slice());
    if (this.answersChallenges) this.#link.send(nowMs, this.writeChallengeAnswer(message.transactionId));
  }

  #receiveRtcp(nowMs: number, datagram: Uint8Array): void {
    const packets = parseRtcp(datagram, datagram.length, this.feedbackTaker);
    if (packets === undefined) throw new Error(`${this.id} got RTCP that cannot be parsed`);
    for (const packet of packets) {
      this.rtcp.push(packet);
      this.onRtcp(nowMs, packet);
    }
  }

  #receiveRtp(nowMs: number, datagram: Uint8Array, ecn: number): void {
    const view = new RtpView();
    if (!view.read(datagram, datagram.length)) throw new Error(`${this.id} got RTP that cannot be parsed`);
    const extensions = new Map<number, Uint8Array>();
    for (let id = 1; id <= MAX_EXTENSION_ID; id++) {
      if (view.findExtension(id)) extensions.set(id, datagram.slice(view.extensionOffset, view.extensionOffset + view.extensionLength));
    }
    const packet: ReceivedRtp = {
      atMs: nowMs,
      ssrc: view.ssrc,
      payloadType: view.payloadType,
      sequence: view.sequenceNumber,
      timestamp: view.timestamp,
      marker: view.marker,
      payload: datagram.slice(view.headerLength, view.headerLength + view.payloadLength),
      extensions,
      headerLength: view.headerLength,
      ecn,
    };
    this.received.push(packet);
    this.onRtp(packet);
  }
}
