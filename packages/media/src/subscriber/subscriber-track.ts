/**
 * One publication as one peer receives it: which encoding of it is forwarded, and from which packet on, whatever the source does (other
 * layers, other SSRCs, other publications, pauses).
 */
import type { ReportBlock, SenderReport, Seq16 } from '@causeway/wire';
import type { LayerGrant } from '../congestion/allocation/bandwidth-allocator.ts';
import { StepGuard } from '../congestion/allocation/step-guard.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { GrantedQuality, SubscriberTrackPlan } from '../plan.ts';
import { ALL_LAYERS, type LayerOption, wholeOf } from '../publisher/layer-catalogue.ts';
import type { PublisherTrack } from '../publisher/publisher-track.ts';
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';
import type { RoutedSubscriber } from '../router/track-router.ts';
import { findContinuation } from './continuation.ts';
import { findKeptBeginning } from './kept-beginning.ts';
import { KeyframeDemand } from './keyframe-demand.ts';
import { LateRepairs } from './late-repairs.ts';
import { canBeginWith, isCopyOfSame, isSameOption, isSameWish, limitOf, newestOf } from './layer-switch.ts';
import { decodableOptions, optionsFor } from './layer-wish.ts';
import type { LinkLayer } from './link-layers.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { PlayoutDelay } from './playout-delay.ts';
import { ReceiverReports } from './receiver-reports.ts';
import type { SubscribingPeer } from './subscribing-peer.ts';
import { ToldLayer } from './told-layer.ts';

/** How far one way may be ahead of another for those who are moved to it. */
const MAX_CAUGHT_UP_PACKETS = 32;

export class SubscriberTrack implements LinkLayer, RoutedSubscriber<ReceiveStream, StreamPacket> {
  readonly transport: SubscribingPeer;
  readonly #context: EngineContext;
  readonly #stream: OutgoingStream;
  #layer: ReceiveStream | undefined = undefined;
  #isPaused: boolean;
  /** Nothing of it fits the path. Apart from the pause that the subscriber has asked for: each ends by itself. */
  #isHeldBack = false;

  readonly #keyframeDemand: KeyframeDemand;
  readonly #playoutDelay = new PlayoutDelay();
  readonly #reports = new ReceiverReports();
  readonly guard = new StepGuard();
  readonly #told: ToldLayer;
  granted: LayerOption | undefined = undefined;
  isDecided = false;
  isWishNew = false;
  #plan: SubscriberTrackPlan;
  #source: PublisherTrack | undefined = undefined;
  /** The layer to change to at its next keyframe. */
  #target: ReceiveStream | undefined = undefined;
  /** What was forwarded of the former source, until the first choice among the layers of the present one. */
  #former: ReceiveStream | undefined = undefined;
  /** Packets of the copy that it was moved away from last. */
  #repairs: LateRepairs | undefined = undefined;

  constructor(context: EngineContext, transport: SubscribingPeer, plan: SubscriberTrackPlan) {
    this.#context = context;
    this.transport = transport;
    this.#plan = plan;
    this.#isPaused = plan.paused;
    this.#stream = new OutgoingStream(context, transport, plan, (nowMs) => this.#handleGap(nowMs));
    this.#told = new ToldLayer({ transportId: transport.id, subscriptionId: plan.subscriptionId }, context.onEvent);
    this.#keyframeDemand = new KeyframeDemand(
      context.timers,
      (nowMs) => this.requestKeyframe(nowMs),
      (error) => transport.reportDefect(error),
    );
  }

  get packetsSent(): number {
    return this.#stream.packetsSent;
  }

  get payloadBytesSent(): number {
    return this.#stream.payloadBytesSent;
  }

  get chargedExtensionBytesSent(): number {
    return this.#stream.chargedExtensionBytesSent;
  }

  get packetsResent(): number {
    return this.#stream.packetsResent;
  }

  get bytesResent(): number {
    return this.#stream.bytesResent;
  }

  /** A packet was dropped behind the engine: it was neither sent nor is it charged. */
  noteUnsent(payloadBytes: number): void {
    this.#stream.noteUnsent(payloadBytes);
  }

  get plan(): SubscriberTrackPlan {
    return this.#plan;
  }

  get source(): PublisherTrack | undefined {
    return this.#source;
  }

  /** The latest report of the receiver; undefined before the first. */
  get lastReport(): ReportBlock | undefined {
    return this.#reports.last;
  }

  /** The encoding being forwarded; undefined until the first keyframe of one. */
  get layer(): ReceiveStream | undefined {
    return this.#layer;
  }

  /** Nothing can be sent before a keyframe that has been asked for. */
  get awaitsKeyframe(): boolean {
    return this.#layer === undefined && this.#target !== undefined && this.#plan.kind === 'video';
  }

  /** What the path lets through of all that was asked for. */
  get quality(): GrantedQuality {
    return this.#told.quality;
  }

  /** The layer asked for or nothing, even if others arrive. */
  get wantsExactLayer(): boolean {
    return this.#plan.isExactLayer === true && this.#plan.preferredRid !== undefined;
  }

  /** Whether it forwards this layer, or waits for its keyframe. */
  watches(stream: ReceiveStream): boolean {
    return !this.#plan.paused && (stream === this.#layer || stream === this.#target);
  }

  /** Takes a plan for the same m-section: another source, layer or pause. SSRCs and extension ids never change. */
  update(nowMs: number, plan: SubscriberTrackPlan, source: PublisherTrack | undefined): void {
    const resumed = this.#plan.paused && !plan.paused;
    this.isWishNew = !isSameWish(this.#plan, plan);
    this.#plan = plan;
    this.#isPaused = plan.paused;
    if (resumed) {
      this.#awaitKeyframe();
      this.isDecided = false;
    }
    if (source !== this.#source) this.#changeSource(nowMs, source);
    else if (source) {
      this.refreshPayloadTypes();
      if (resumed) this.requestKeyframe(nowMs);
    }
    if (this.wantsExactLayer) this.transport.linkLayers?.put(nowMs, this, this.transport.allocation);
    this.chooseLayer(nowMs);
  }

  /** Whether the allocator decides which layer is forwarded. */
  get isAdaptive(): boolean {
    return this.#source !== undefined && !this.#plan.paused && !this.wantsExactLayer && this.#plan.kind === 'video';
  }

  get priority(): number {
    return this.#plan.layers?.priority ?? 1;
  }

  get isSentBest(): boolean {
    return this.#told.quality === 'full';
  }

  layerOptions(nowMs: number): readonly LayerOption[] | undefined {
    if (this.#source === undefined) return undefined;
    const { streams, plan } = this.#source;
    const arriving = this.#source.layerOptions(nowMs);
    if (arriving.length > 0) return optionsFor(this.#plan, decodableOptions(this.#plan, arriving), plan.rids);
    if (streams.length === 0 || this.#layer !== undefined || this.#target !== undefined) return undefined;
    // Nothing arrives, perhaps because the publisher is muted: the subscriber is given a layer to wait for.
    const silent = streams.map((stream) => wholeOf(nowMs, stream));
    return optionsFor(this.#plan, silent, plan.rids).slice(0, 1);
  }

  fixedCostBps(nowMs: number): number {
    if (this.#plan.kind === 'video' || this.#plan.paused || this.#source === undefined) return 0;
    return this.#source.layerOptions(nowMs).reduce((sum, { costBps }) => sum + costBps, 0);
  }

  get spentBps(): number {
    if (this.#layer === undefined || this.#plan.paused) return 0;
    const { spatialLimit = ALL_LAYERS, temporalLimit = ALL_LAYERS } = this.#stream.filter ?? {};
    return this.#layer.costBps(spatialLimit, temporalLimit);
  }

  grant(nowMs: number, { option, quality, reason, isUrgent, isShort, isOverusing }: LayerGrant): void {
    const { granted } = this;
    const isOther = !isSameOption(option, granted);
    if (!this.transport.isLink) {
      this.#told.noteGrant(quality, reason, isOther);
      this.#told.noteShortage(nowMs, isShort && this.#source?.transport.isLink === true, isOverusing);
    }
    this.granted = option;
    this.isDecided = true;
    this.isWishNew = false;
    this.#isHeldBack = option === undefined;
    if (option === undefined) {
      this.#stop();
      this.#tellLayer(undefined);
    } else {
      // While the lower layer's keyframe is on its way, the higher one would fill the queue that this has to wait in.
      if (isUrgent && option.stream !== this.#layer && this.spentBps > option.costBps) this.#stop();
      this.#limitLayers(nowMs, option);
      this.aimAt(nowMs, option.stream);
    }
    this.#former = undefined;
  }

  /** Chooses among the layers that there are now. */
  chooseLayer(nowMs: number): void {
    if (this.#source === undefined) return;
    if (this.wantsExactLayer && this.#isHeldBack) return;
    if (!this.wantsExactLayer && this.#plan.kind === 'video') {
      this.transport.allocation.place(nowMs, this);
      return;
    }
    const { streams } = this.#source;
    const { preferredRid } = this.#plan;
    const chosen = this.wantsExactLayer ? streams.find(({ rid }) => rid === preferredRid) : streams[0];
    if (chosen !== undefined || this.wantsExactLayer) this.aimAt(nowMs, chosen);
    this.#former = undefined;
  }

  get isRunning(): boolean {
    return this.#layer !== undefined;
  }

  carry(nowMs: number): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.chooseLayer(nowMs);
  }

  /** The other node is told, so that those who watch there do not wait for it. */
  holdBack(_nowMs: number): void {
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    if (this.#layer !== undefined) this.transport.rtcp.sendBye([this.#plan.ssrc]);
    this.#stop();
    this.#stream.dropQueued();
  }

  /** The publisher's codecs changed, or ours. */
  refreshPayloadTypes(): void {
    this.#stream.useCodecs(this.#source?.plan.codecs ?? [], this.#plan.codecs);
  }

  /** The publication is gone: the receiver is told, once; the m-section stays for another. */
  loseSource(_nowMs: number): void {
    if (this.#source !== undefined && this.packetsSent > 0) this.transport.rtcp.sendBye([this.#plan.ssrc]);
    this.#source = undefined;
    this.#layer = undefined;
    this.#target = undefined;
    this.#former = undefined;
    this.granted = undefined;
    this.#keyframeDemand.cancel();
  }

  close(nowMs: number): void {
    this.#source?.router.remove(this);
    this.#repairs?.stop();
    this.transport.linkLayers?.remove(this);
    this.loseSource(nowMs);
    this.#stream.close();
  }

  /** Chooses the encoding to forward; the change happens at its next keyframe, which is asked for. With none, nothing is forwarded. */
  aimAt(nowMs: number, chosen: ReceiveStream | undefined): void {
    if (chosen === undefined) this.#layer = undefined;
    if (chosen === this.#layer) this.#target = undefined;
    if (chosen === undefined || chosen === this.#layer || chosen === this.#target) return;
    this.#target = chosen;
    if (!this.#beginsAtOnce(nowMs, chosen)) this.requestKeyframe(nowMs);
  }

  /** Packets can be sent to the receiver from now on, or again. */
  becomeReachable(nowMs: number): void {
    if (this.#target === undefined || !this.#beginsAtOnce(nowMs, this.#target)) this.requestKeyframe(nowMs);
  }

  /** The receiver says that it cannot decode (PLI, FIR). */
  handlePictureLoss(nowMs: number): void {
    const wanted = this.#target ?? this.#layer;
    // Repeating a request that the publisher has already received costs nothing, and another node asks on behalf of many.
    if (wanted?.keyframes.isAwaited || this.transport.isLink) this.requestKeyframe(nowMs);
    else if (!this.#keyframeDemand.request(nowMs)) this.#context.drops.increment(DropReason.KeyframeRequestTooSoon);
  }

  /** The receiver needs a keyframe of what it is to be shown. */
  requestKeyframe(nowMs: number): void {
    if (this.#plan.paused || this.#plan.kind !== 'video' || !this.transport.isSecure) return;
    const wanted = this.#target ?? this.#layer;
    if (wanted === undefined && this.wantsExactLayer) return;
    this.#source?.router.requestKeyframe(nowMs, wanted);
  }

  /** Reads a number of each object that `forward` needs, for the caches' sake. */
  prefetch(): number {
    return this.#stream.prefetch();
  }

  /** Writes the packet into this peer's outgoing stream, or drops it for a counted reason. */
  forward(nowMs: number, packet: StreamPacket): void {
    const isFirst = packet.stream !== this.#layer;
    const refusal = this.#refusal(nowMs, packet);
    if (refusal !== undefined) {
      this.#context.drops.increment(refusal);
      // Comfort noise and the like are left out on purpose: the receiver must not take them for lost.
      if (refusal === DropReason.UnknownPayloadType && !isFirst) this.#stream.leaveOut(packet.sequence);
      return;
    }
    // One that was overtaken is sent, empty as it is: where frames are told by their numbers the receiver would wait for it.
    if (packet.payload.length === 0 && this.#stream.leaveOut(packet.sequence)) return;
    if (this.#stream.leavesOut(packet)) {
      this.#context.drops.increment(DropReason.LayerNotSelected);
      return;
    }
    if (!this.#stream.send(nowMs, packet)) {
      this.#context.drops.increment(DropReason.LateBeforeSwitch);
      return;
    }
    if (packet.isKeyframe) this.#keyframeDemand.cancel();
    // What was dropped because this one was not there yet, having been lost or overtaken.
    if (isFirst) this.#stream.sendKept(nowMs, packet.stream, packet.sequence + 1, newestOf(packet));
  }

  handleNack(nowMs: number, lost: readonly Seq16[]): void {
    // What is missing of a layer that a link does not carry would take the place of those that it does.
    if (this.#isHeldBack && this.transport.isLink) return;
    // Left to itself, Chromium would wait for three seconds before it says that it cannot decode.
    if (!this.#stream.handleNack(nowMs, lost) && this.#plan.kind === 'video') this.handlePictureLoss(nowMs);
  }

  /** Takes what the receiver says of the stream. */
  handleReport(nowMs: number, report: ReportBlock): void {
    const lossRatio = this.#reports.handle(nowMs, report, this.transport);
    // What another node is told it would pass on to all who watch there.
    if (this.#plan.kind !== 'video' || this.transport.isLink) return;
    this.#stream.playoutDelay = this.#playoutDelay.afterReport(nowMs, lossRatio, this.transport);
  }

  /** @returns undefined as long as there is nothing to report on */
  senderReport(nowMs: number): SenderReport | undefined {
    return this.#layer && this.#stream.senderReport(nowMs, this.#layer);
  }

  #changeSource(nowMs: number, source: PublisherTrack | undefined): void {
    this.#source?.router.remove(this);
    this.#former = this.#layer;
    if (source === undefined) this.loseSource(nowMs);
    this.#source = source;
    this.#layer = undefined;
    this.#target = undefined;
    this.granted = undefined;
    this.isDecided = false;
    // What a link carries is decided for all layers of a track together.
    if (!this.wantsExactLayer) this.#isHeldBack = false;
    this.refreshPayloadTypes();
    source?.router.add(this);
  }

  #sendRepair(nowMs: number, packet: StreamPacket, epoch: number): void {
    if (!this.#isPaused && !this.#isHeldBack && this.transport.canSend) this.#stream.sendLate(nowMs, packet, epoch);
  }

  #limitLayers(nowMs: number, { stream, maxSpatialId, maxTemporalId }: LayerOption): void {
    if (maxSpatialId === ALL_LAYERS && maxTemporalId === ALL_LAYERS && this.#stream.filter === undefined) return;
    // A better layer that is waited for may be wanted with fewer of the layers within it than the one that goes on until then.
    const isLess = this.#layer !== undefined && this.#layer !== stream && this.#layer.rate.bps < stream.rate.bps;
    if (!isLess) this.#stream.limitLayers(maxSpatialId, maxTemporalId);
    if (stream !== this.#layer) return;
    if (maxSpatialId > (this.#stream.filter?.spatialLimit ?? ALL_LAYERS)) this.requestKeyframe(nowMs);
    this.#tellLayer(stream);
  }

  #stop(): void {
    this.#layer = undefined;
    this.#target = undefined;
    this.#keyframeDemand.cancel();
  }

  /** Packets that waited for room on the path were dropped: what follows cannot be decoded. */
  #handleGap(nowMs: number): void {
    this.#awaitKeyframe();
    this.handlePictureLoss(nowMs);
  }

  #awaitKeyframe(): void {
    this.#target = this.#target ?? this.#layer;
    this.#layer = undefined;
  }

  /** Why this packet is not for this subscriber now; undefined if it is. Changes the layer when its keyframe has come. */
  #refusal(nowMs: number, packet: StreamPacket): DropReason | undefined {
    if (this.#isPaused) return DropReason.Paused;
    if (this.#isHeldBack) return DropReason.BeyondBudget;
    if (!this.transport.canSend) return DropReason.SendNotReady;
    const mismatch = this.#stream.mismatch(packet);
    if (mismatch !== undefined) return mismatch;
    if (packet.stream === this.#layer) return undefined;
    if (packet.stream !== this.#target && !this.#adoptsStream(nowMs, packet)) return DropReason.LayerNotSelected;
    if (!canBeginWith(packet)) {
      // The publisher could not be reached, and all requests were given up: now it is back.
      if (!packet.stream.keyframes.isAwaited) this.requestKeyframe(nowMs);
      return DropReason.NoSubscriberKeyframe;
    }
    this.#enter(nowMs, packet);
    return undefined;
  }

  /** Aims at a stream it has not seen if it watches nothing: the first layer, or the publisher's new SSRC for a lost one. */
  #adoptsStream(nowMs: number, { stream, isKeyframe }: StreamPacket): boolean {
    if (this.#isHeldBack || this.#layer?.isCurrent || this.#target?.isCurrent) return false;
    if (this.wantsExactLayer && stream.rid !== this.#plan.preferredRid) return false;
    // The allocator is told of each new stream; until it has looked, what is granted is all that may be sent.
    if (this.transport.allocation.isLimited && this.granted !== undefined && stream.rid !== this.granted.stream.rid) return false;
    if (this.isAdaptive && this.layerOptions(nowMs)?.every((option) => option.stream !== stream)) return false;
    this.#target = stream;
    // With its keyframe in hand there is none to ask for.
    if (!isKeyframe) this.requestKeyframe(nowMs);
    return true;
  }

  #enter(nowMs: number, packet: StreamPacket): void {
    this.#limitToGranted(packet.stream);
    this.#stream.begin(nowMs, packet);
    this.#noteEntered(nowMs, packet.stream);
  }

  #limitToGranted(stream: ReceiveStream): void {
    if (this.#stream.filter === undefined || this.granted?.stream !== stream) return;
    this.#stream.limitLayers(this.granted.maxSpatialId, this.granted.maxTemporalId);
  }

  #noteEntered(nowMs: number, stream: ReceiveStream): void {
    this.#layer = stream;
    this.#target = undefined;
    this.#tellLayer(stream);
    // Another layer need not be sent any more, now that this one is.
    if (this.transport.linkLayers !== undefined) this.transport.allocation.runSoon(nowMs);
  }

  #tellLayer(stream: ReceiveStream | undefined): void {
    if (this.#plan.kind !== 'video' || this.transport.isLink) return;
    const within = stream !== undefined && this.granted?.stream === stream ? this.granted : undefined;
    this.#told.noteLayer(stream?.rid, limitOf(within?.maxSpatialId), limitOf(within?.maxTemporalId));
  }

  /**
   * Begins without waiting for another keyframe: where the former source left off if this is another copy of it, or with a keyframe that
   * has passed already.
   *
   * @returns false if there is neither
   */
  #beginsAtOnce(nowMs: number, stream: ReceiveStream): boolean {
    if (this.#plan.paused || !this.transport.canSend) return false;
    const shown = this.#layer?.isArriving(nowMs) === true ? this.#layer : undefined;
    if (shown === undefined && isCopyOfSame(this.#former, stream) && this.#continuesWith(nowMs, this.#former, stream)) return true;
    const first = findKeptBeginning(nowMs, stream, shown, this.transport.allocation.limitBps);
    if (first === undefined) return false;
    const packet = this.#stream.reload(nowMs, stream, first);
    if (packet === undefined || this.#stream.mismatch(packet) !== undefined) return false;
    this.#limitToGranted(stream);
    this.#stream.beginWithKept(nowMs, packet);
    this.#noteEntered(nowMs, stream);
    this.#keyframeDemand.cancel();
    this.#stream.sendKept(nowMs, stream, first, stream.newest ?? first);
    return true;
  }

  #continuesWith(nowMs: number, former: ReceiveStream, stream: ReceiveStream): boolean {
    const next = findContinuation(former, stream, (of, sequence) => this.#stream.reload(nowMs, of, sequence));
    if (next === undefined || (stream.newest ?? next) - next > MAX_CAUGHT_UP_PACKETS) return false;
    this.#repairs?.stop();
    const { epoch } = this.#stream;
    this.#repairs = new LateRepairs(nowMs, former, this.transport, (atMs, packet) => this.#sendRepair(atMs, packet, epoch));
    this.#stream.continueWith(stream, next);
    this.#layer = stream;
    this.#target = undefined;
    this.#stream.sendKept(nowMs, stream, next, stream.newest ?? next);
    return true;
  }
}
