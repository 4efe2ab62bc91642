/**
 * One peer: its parts, what arrives from it, and what is sent to it. How the connection comes about and ends is decided in `connection.ts`.
 */
import { peekRtpSsrc, type RtpView, rtpHeaderLength } from '@causeway/wire';
import { BandwidthAllocator } from '../congestion/allocation/bandwidth-allocator.ts';
import type { DataChannelRequest } from '../data/data-channel.ts';
import type { DataChannels } from '../data/data-channels.ts';
import { type Path, SendKind } from '../demux/path.ts';
import { DropReason, unprotectDropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import {
  CLIENT_PACKET_RATES,
  DataBudget,
  LINK_DATA_BYTES_PER_SECOND,
  LINK_PACKET_RATES,
  PacketBudget,
  UploadLimit,
} from '../inbound-limits.ts';
import { type Outbox, sendReady, type WrittenPacket } from '../outbox.ts';
import { DEFAULT_DATA_LIMITS, type TransportCloseReason, type TransportPlan } from '../plan.ts';
import { ReceiveDemux } from '../publisher/receive-demux.ts';
import type { QualityHistory } from '../quality/quality-history.ts';
import type {
  OutboundStream,
  ProtectedBytes,
  SecureCloseReason,
  SecureEndpoint,
  SecureEndpointListener,
  SrtpProfile,
} from '../secure-endpoint.ts';
import type { TrafficCounters } from '../statistics.ts';
import { LinkLayers } from '../subscriber/link-layers.ts';
import type { SubscriberTrack } from '../subscriber/subscriber-track.ts';
import { ArrivalFeedback } from './arrival-feedback.ts';
import { Connection } from './connection.ts';
import { IceLite } from './ice-lite.ts';
import { LinkChecks } from './link-checks.ts';
import { CLIENT_LIVENESS, IN_PROCESS_LIVENESS, LINK_LIVENESS } from './liveness.ts';
import { createPeerChannels } from './peer-channels.ts';
import { PeerSender } from './peer-sender.ts';
import { PlainEndpoint } from './plain-endpoint.ts';
import { ReportRound } from './report-round.ts';
import { handleRtcp } from './rtcp-receiver.ts';
import { RtcpSender } from './rtcp-sender.ts';

/** Assumed until it is measured; mediasoup assumes the same. */
const INITIAL_RTT_MS = 100;
/** Share by which the estimate of the peer's clock moves towards a sender report that took longer. */
const SENDER_CLOCK_LEAK = 0.05;
/** No report takes this much longer than another, so the peer's clock has been set back. */
const SENDER_CLOCK_STEP_MS = 5000;

/** RFC 3711 §5.2; RFC 7714 §12. */
const SRTP_TAG_BYTES: Readonly<Record<SrtpProfile, number>> = { AES_CM_128_HMAC_SHA1_80: 10, AEAD_AES_128_GCM: 16 };

const UDP_AND_IP_BYTES = 28;

const PACKET_WEIGHT = 1;
/** A compound packet contains many messages, most of which are lists, and few are sent. */
const RTCP_WEIGHT = 4;

export class PeerTransport implements SecureEndpointListener {
  /** The path to send to; undefined while there are no keys, no proven path or no consent. */
  sendPath: Path | undefined = undefined;
  readonly id: string;
  readonly context: EngineContext;
  readonly isInProcess: boolean;
  /** Whether this is a link between nodes or shards. */
  readonly isLink: boolean;
  /** Where its packets wait to be sent. */
  readonly outbox: Outbox<ProtectedBytes> | Outbox<Uint8Array>;
  readonly ice: IceLite;
  readonly connection: Connection;
  /** Undefined unless it is a link between nodes. */
  readonly link: LinkChecks | undefined;
  readonly endpoint: SecureEndpoint;
  readonly receive: ReceiveDemux;
  readonly rtcp: RtcpSender;
  readonly congestion: ArrivalFeedback;
  readonly sender: PeerSender;
  readonly allocation: BandwidthAllocator;
  /** What this peer receives, by the SFU's SSRC. */
  readonly subscriptions = new Map<number, SubscriberTrack>();
  readonly linkLayers: LinkLayers | undefined;
  /** Whether a packet may only be retransmitted with an identical header. */
  repeatsHeaders = false;
  #tagBytes = 0;
  rttMs = INITIAL_RTT_MS;
  hasMeasuredRtt = false;
  /** Local clock minus the peer's NTP clock, in ms; undefined until its first sender report. */
  senderClockOffsetMs: number | undefined = undefined;
  quality: QualityHistory | undefined = undefined;
  /** The account charged for what this peer sends and receives; undefined if there is none. */
  readonly account: string | undefined;
  /** Limit for all its tracks together; Infinity if there is none. */
  readonly maxUploadBps: number;

  readonly #traffic: TrafficCounters;
  readonly #budget: PacketBudget;
  readonly #dataBudget: DataBudget;
  readonly #reports: ReportRound;
  readonly #dtlsRole: 'server' | 'client';
  /** Created when either end has data to send, which most sessions never do. */
  #channels: DataChannels | undefined = undefined;

  constructor(nowMs: number, context: EngineContext, plan: TransportPlan) {
    this.id = plan.transportId;
    this.context = context;
    this.isInProcess = plan.security === 'none';
    this.isLink = this.isInProcess || plan.isLink === true;
    this.account = plan.account;
    this.outbox = this.isInProcess ? context.plainOutbox : context.outbox;
    this.#traffic = this.isInProcess ? context.plainTraffic : context.traffic;
    this.#budget = new PacketBudget(this.isLink ? LINK_PACKET_RATES : CLIENT_PACKET_RATES);
    this.#dataBudget = new DataBudget(this.isLink ? LINK_DATA_BYTES_PER_SECOND : (plan.dataLimits ?? DEFAULT_DATA_LIMITS).bytesPerSecond);
    this.ice = new IceLite(context, this, plan);
    this.maxUploadBps = plan.maxUploadBps ?? Number.POSITIVE_INFINITY;
    this.receive = new ReceiveDemux(context, this.isLink, plan.maxUploadBps === undefined ? undefined : new UploadLimit(plan.maxUploadBps));
    this.rtcp = new RtcpSender(this, Math.floor(context.random() * 0xffff_ffff) >>> 0);
    this.congestion = new ArrivalFeedback(this);
    this.sender = new PeerSender(context, this, plan.maxDownloadBps);
    const isNodeLink = this.isLink && !this.isInProcess;
    this.linkLayers = isNodeLink ? new LinkLayers(this.id, this.subscriptions, context.onEvent) : undefined;
    this.allocation = new BandwidthAllocator({
      timers: context.timers,
      path: this.sender,
      tracks: this.linkLayers ?? { values: () => Array.from(this.subscriptions.values(), ({ grants }) => grants) },
      onDefect: (error) => this.reportDefect(error),
    });
    this.sender.onBudgetChanged = (atMs) => this.allocation.runSoon(atMs);
    const liveness = this.isInProcess ? IN_PROCESS_LIVENESS : this.isLink ? LINK_LIVENESS : CLIENT_LIVENESS;
    this.connection = new Connection(nowMs, this, liveness);
    this.#reports = new ReportRound(nowMs, this);
    const { dtlsRole: role, remoteFingerprints } = plan;
    this.endpoint = this.isInProcess
      ? new PlainEndpoint(this)
      : context.suite.createEndpoint({ role, remoteFingerprints, listener: this, timers: context.timers, isLink: this.isLink });
    this.#dtlsRole = role;
    this.link = isNodeLink ? new LinkChecks(nowMs, this, plan) : undefined;
  }

  get channels(): DataChannels {
    this.#channels ??= createPeerChannels(this, this.#dtlsRole);
    return this.#channels;
  }

  /** Bytes sent for all present subscriptions. */
  get bytesSent(): number {
    let bytes = 0;
    for (const { payloadBytesSent, bytesResent } of this.subscriptions.values()) bytes += payloadBytesSent + bytesResent;
    return bytes;
  }

  /** Whether the DTLS handshake is complete, so that there are keys. */
  get isSecure(): boolean {
    return this.connection.isSecure;
  }

  get canSend(): boolean {
    return this.sendPath !== undefined;
  }

  /** Hands a packet to the outbox, or drops it if there is no path. @param packetIndex the unwrapped sequence number (RFC 3711 §3.3.1) */
  release(stream: OutboundStream, packet: WrittenPacket, packetIndex: number): void {
    const path = this.sendPath;
    if (path === undefined) {
      this.context.drops.increment(DropReason.SendNotReady);
      return;
    }
    const feedback = packet.isReportedByStream ? this.sender.streamFeedback : undefined;
    path.isEcnCapable = feedback?.decideEcn() === true;
    this.outbox.addRtp(path, stream, packet, packetIndex, feedback ?? this.sender.sent);
  }

  /** Sets the path of a transport within the process. The other end is as trusted as this code. */
  bindPath(path: Path): void {
    if (!this.isInProcess || this.ice.selectedPath !== undefined) return;
    this.ice.useGivenPath(path);
    this.connection.becomeSecure();
  }

  handleDtls(nowMs: number, path: Path, datagram: Uint8Array): void {
    if (!this.#admitDtls(nowMs, datagram.length)) return;
    path.lastHeardMs = nowMs;
    this.ice.creditReceived(path, datagram.length);
    this.endpoint.handleDtls(nowMs, datagram);
  }

  /** Implements `InboundRtp.prepareRtp`. Does nothing if the peer's packets may have to be dropped. */
  prepareRtp(datagram: Uint8Array): void {
    if (!this.#budget.isNearlyUsedUp) this.endpoint.inbound.prepareRtp?.(datagram);
  }

  /** @param view reused for every packet; parsed here, after authentication */
  handleRtp(nowMs: number, path: Path, datagram: Uint8Array, view: RtpView): void {
    if (!this.#admit(nowMs, PACKET_WEIGHT)) return;
    const length = this.endpoint.inbound.unprotectRtp(datagram);
    if (length < 0) this.#refuse(length);
    else if (!view.read(datagram, length)) this.context.drops.increment(DropReason.RtpMalformed);
    else {
      this.#heardOn(nowMs, path);
      this.#traffic.rtpPacketsReceived++;
      this.#traffic.rtpBytesReceived += datagram.length;
      this.congestion.recordArrival(nowMs, view, path.ecn);
      this.receive.receive(nowMs, view);
    }
  }

  handleRtcp(nowMs: number, path: Path, datagram: Uint8Array): void {
    if (!this.#admit(nowMs, RTCP_WEIGHT)) return;
    const length = this.endpoint.unprotectRtcp(datagram);
    if (length < 0) this.#refuse(length);
    else {
      this.#heardOn(nowMs, path);
      handleRtcp(nowMs, this, datagram, length);
    }
  }

  /** Opens a data channel. Has no effect before there are keys. */
  openDataChannel(nowMs: number, request: DataChannelRequest): void {
    if (this.isSecure) this.channels.open(nowMs, request);
  }

  /** Called when another path was selected, or the selected one was proven. */
  pathChanged(): void {
    this.connection.updatePath();
  }

  /** Requests keyframes for subscriptions that lost video while the uplink was full. */
  uplinkFreed(nowMs: number): void {
    const path = this.sendPath;
    if (path?.hasLostVideo !== true) return;
    path.hasLostVideo = false;
    for (const subscription of this.subscriptions.values()) subscription.requestKeyframe(nowMs);
  }

  /**
   * Corrects the counters for a media packet that was dropped after it was protected. Without an RTX stream, a retransmission cannot be
   * distinguished from the original, and is treated as one.
   */
  handleUnsent(packet: Uint8Array): void {
    const headerLength = rtpHeaderLength(packet, packet.length);
    if (headerLength < 0) return;
    this.subscriptions.get(peekRtpSsrc(packet))?.noteUnsent(packet.length - headerLength - this.#tagBytes, packet[1] & 0x7f);
  }

  /** Called when a publication or subscription was added or removed. */
  tracksChanged(): void {
    this.#reports.resume(this.context.time.nowMs);
    this.#budget.scaleTo(this.receive.trackCount, this.subscriptions.size);
  }

  noteRtt(rttMs: number): void {
    // Smoothed as in TCP (RFC 6298 §2), so that one late report does not delay every retransmission.
    this.rttMs = this.hasMeasuredRtt ? this.rttMs * 0.875 + rttMs * 0.125 : rttMs;
    this.hasMeasuredRtt = true;
    this.sender.noteRtt(this.rttMs);
  }

  noteSenderClock(nowMs: number, ntpMs: number): void {
    const offset = nowMs - ntpMs;
    const known = this.senderClockOffsetMs;
    // The smallest offset is that of the fastest report. It slowly moves upwards, so that it follows a drifting clock.
    const isSlow = known !== undefined && offset >= known && offset - known < SENDER_CLOCK_STEP_MS;
    this.senderClockOffsetMs = isSlow ? known + (offset - known) * SENDER_CLOCK_LEAK : offset;
  }

  /** Reports a defect that a timer of this peer or its endpoint has revealed. */
  reportDefect(error: unknown): void {
    this.context.drops.increment(DropReason.Defect);
    this.context.onEvent({ type: 'defect', transportId: this.id, error });
  }

  expire(nowMs: number, reason: TransportCloseReason): void {
    this.context.closeTransport(nowMs, this, reason);
  }

  /** Releases everything. Tracks and subscriptions must be removed first. */
  close(): void {
    this.link?.close();
    this.#reports.close();
    this.receive.close();
    this.congestion.close();
    this.allocation.close();
    this.sender.close();
    // The channels are closed before the endpoint, since their last packet travels inside DTLS.
    this.#channels?.close();
    this.endpoint.close();
    this.ice.close();
    this.sendPath = undefined;
    this.connection.close();
  }

  onDtlsOutput(datagram: Uint8Array): void {
    const { sendPath } = this;
    if (sendPath !== undefined) this.#sendWithPackets(sendPath, datagram);
    else if (!this.isInProcess) this.ice.send(datagram);
    this.context.onOutputReady();
  }

  onConnected(profile: SrtpProfile): void {
    this.repeatsHeaders = profile === 'AEAD_AES_128_GCM';
    this.#tagBytes = SRTP_TAG_BYTES[profile];
    this.context.traffic.handshakesCompleted++;
    this.ice.completeHandshake();
    this.connection.becomeSecure();
  }

  onClosed(reason: SecureCloseReason): void {
    this.connection.end(reason);
  }

  /** Called when the peer has closed all of its data channels at once. Browsers do that when they close a connection. */
  endAssociation(): void {
    this.connection.end('association-aborted');
  }

  onApplicationData(nowMs: number, data: Uint8Array): void {
    if (this.context.data.admits(nowMs, this.id)) this.channels.handlePacket(nowMs, data);
    else this.context.drops.increment(DropReason.OverDataRate);
  }

  #sendWithPackets(path: Path, datagram: Uint8Array): void {
    // A node that hears nothing from another considers its tracks gone, whereas a client's data may wait.
    const isData = !this.isLink && this.connection.state === 'connected';
    if (isData) this.sender.dataShare.noteSent(datagram.length + UDP_AND_IP_BYTES);
    sendReady({ slots: this.context.slots, outbox: this.outbox }, path, datagram, isData ? SendKind.Data : SendKind.Control);
  }

  onDefect(error: unknown): void {
    this.reportDefect(error);
  }

  /** Limits a handshake by packets, each of which may be expensive, and data channels by bytes. */
  #admitDtls(nowMs: number, sizeBytes: number): boolean {
    if (!this.isSecure) return this.#admit(nowMs, PACKET_WEIGHT);
    if (this.#dataBudget.admit(nowMs, sizeBytes)) return true;
    this.context.drops.increment(DropReason.OverDataRate);
    return false;
  }

  #admit(nowMs: number, weight: number): boolean {
    if (this.#budget.admit(nowMs, weight)) return true;
    this.context.drops.increment(DropReason.OverPacketBudget);
    return false;
  }

  #heardOn(nowMs: number, path: Path): void {
    const { connection } = this;
    path.lastHeardMs = nowMs;
    connection.heardMs = nowMs;
    if (connection.state === 'disconnected') connection.hear(nowMs);
  }

  #refuse(reason: number): void {
    this.context.drops.increment(unprotectDropReason(reason));
  }
}
