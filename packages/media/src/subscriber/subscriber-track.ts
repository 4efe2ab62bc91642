/**
 * One publication as one peer receives it. It decides which encoding is forwarded and from which packet on, whatever the source does:
 * change layers, SSRCs or publications, or pause.
 */
import type { ReportBlock, SenderReport, Seq16 } from '@causeway/wire';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import { FirstFrameTimer } from '../latencies.ts';
import type { SubscriberTrackPlan } from '../plan.ts';
import { ALL_LAYERS, type LayerOption } from '../publisher/layer-catalogue.ts';
import { AUDIO_REPAIR } from '../publisher/nack-generator.ts';
import type { PublisherTrack } from '../publisher/publisher-track.ts';
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';
import type { RoutedSubscriber } from '../router/track-router.ts';
import { CopyMoves } from './copy-moves.ts';
import { KeyframeDemand } from './keyframe-demand.ts';
import { type GrantedSubscription, LayerGrants } from './layer-grants.ts';
import { canBeginWith, findKeptBeginning, isSameWish, newestOf } from './layer-switch.ts';
import type { LinkLayer } from './link-layers.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { PlayoutDelay } from './playout-delay.ts';
import { ReceiverReports, ReportedNumbers, type ReportVerdict } from './stream-reports.ts';
import type { SubscribingPeer } from './subscribing-peer.ts';

export class SubscriberTrack implements LinkLayer, GrantedSubscription, RoutedSubscriber<ReceiveStream, StreamPacket> {
  readonly transport: SubscribingPeer;
  readonly #context: EngineContext;
  readonly #stream: OutgoingStream;
  #layer: ReceiveStream | undefined = undefined;
  #isPaused: boolean;
  /** Whether nothing of it fits the path. This is separate from a pause that the subscriber has asked for, since each ends on its own. */
  #isHeldBack = false;

  readonly #keyframeDemand: KeyframeDemand;
  readonly #playoutDelay = new PlayoutDelay();
  readonly #reports = new ReceiverReports();
  readonly #reported = new ReportedNumbers();
  readonly grants: LayerGrants;
  /** Undefined for audio, and on links, which no viewer watches. */
  readonly #firstFrame: FirstFrameTimer | undefined;
  #plan: SubscriberTrackPlan;
  #source: PublisherTrack | undefined = undefined;
  /** The layer to switch to at its next keyframe. */
  #target: ReceiveStream | undefined = undefined;
  readonly #moves: CopyMoves;

  constructor(context: EngineContext, transport: SubscribingPeer, plan: SubscriberTrackPlan) {
    this.#context = context;
    this.transport = transport;
    this.#plan = plan;
    this.#isPaused = plan.paused;
    this.#stream = new OutgoingStream(context, transport, plan, (nowMs) => this.#handleGap(nowMs));
    this.#moves = new CopyMoves(this, this.#stream);
    this.grants = new LayerGrants(this, this.#stream, context.onEvent);
    this.#firstFrame = plan.kind === 'video' && !transport.isLink ? new FirstFrameTimer(context.firstFrames) : undefined;
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

  /** Corrects the counters after a packet that had left the engine was dropped, so that it is not charged. */
  noteUnsent(payloadBytes: number, payloadType: number): void {
    this.#stream.noteUnsent(payloadBytes, payloadType);
  }

  get plan(): SubscriberTrackPlan {
    return this.#plan;
  }

  get source(): PublisherTrack | undefined {
    return this.#source;
  }

  /** The receiver's latest report; undefined before the first. */
  get lastReport(): ReportBlock | undefined {
    return this.#reports.last;
  }

  /** Whether its receiver reports what was counted. */
  get reportVerdict(): ReportVerdict {
    return this.#reported.verdict;
  }

  /** The encoding being forwarded; undefined until its first keyframe. */
  get layer(): ReceiveStream | undefined {
    return this.#layer;
  }

  /** Whether no layer is forwarded or awaited. */
  get isIdle(): boolean {
    return this.#layer === undefined && this.#target === undefined;
  }

  /** Whether nothing can be sent before a keyframe that has been requested. */
  get awaitsKeyframe(): boolean {
    return this.#layer === undefined && this.#target !== undefined && this.#plan.kind === 'video';
  }

  /** Whether only the requested layer may be sent, even if others arrive. */
  get wantsExactLayer(): boolean {
    return this.#plan.isExactLayer === true && this.#plan.preferredRid !== undefined;
  }

  /** Whether it forwards this layer, or waits for its keyframe. */
  watches(stream: ReceiveStream): boolean {
    return !this.#plan.paused && (stream === this.#layer || stream === this.#target);
  }

  /** Applies a new plan for the same m-section: another source, layer or pause. SSRCs never change. */
  update(nowMs: number, plan: SubscriberTrackPlan, source: PublisherTrack | undefined): void {
    const resumed = this.#plan.paused && !plan.paused;
    this.grants.isWishNew = !isSameWish(this.#plan, plan);
    this.#plan = plan;
    this.#stream.followReports(plan);
    this.#isPaused = plan.paused;
    if (plan.paused) this.#firstFrame?.interrupt();
    else if (this.transport.canSend) this.#firstFrame?.begin(nowMs);
    if (resumed) {
      this.#awaitKeyframe();
      this.grants.isDecided = false;
    }
    if (source !== this.#source) this.#changeSource(nowMs, source);
    else if (source) {
      this.refreshPayloadTypes();
      if (resumed) this.requestKeyframe(nowMs);
    }
    if (this.wantsExactLayer) this.transport.linkLayers?.put(nowMs, this, this.transport.allocation);
    this.chooseLayer(nowMs);
  }

  follow(nowMs: number, granted: LayerOption | undefined, isUrgent: boolean): void {
    this.#isHeldBack = granted === undefined;
    if (granted === undefined) {
      this.#abandon();
      this.grants.noteLayer(undefined);
    } else {
      // While the lower layer's keyframe is on its way, packets of the higher layer would fill the queue that it has to pass.
      if (isUrgent && granted.stream !== this.#layer && this.grants.spentBps > granted.costBps) this.#abandon();
      this.#limitLayers(nowMs, granted);
      this.aimAt(nowMs, granted.stream);
    }
    this.#moves.settle();
  }

  /** Chooses among the layers that exist now. */
  chooseLayer(nowMs: number): void {
    if (this.#source === undefined) return;
    if (this.wantsExactLayer && this.#isHeldBack) return;
    if (!this.wantsExactLayer && this.#plan.kind === 'video') {
      this.transport.allocation.place(nowMs, this.grants);
      return;
    }
    const { streams } = this.#source;
    const { preferredRid } = this.#plan;
    const chosen = this.wantsExactLayer ? streams.find(({ rid }) => rid === preferredRid) : streams[0];
    if (chosen !== undefined || this.wantsExactLayer) this.aimAt(nowMs, chosen);
    this.#moves.settle();
  }

  get maySend(): boolean {
    return !this.#isPaused && !this.#isHeldBack && this.transport.canSend;
  }

  get isRunning(): boolean {
    return this.#layer !== undefined;
  }

  carry(nowMs: number): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.chooseLayer(nowMs);
  }

  /** Stops sending the layer. The other node is told, so that its subscribers do not wait for it. */
  holdBack(_nowMs: number): void {
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    if (this.#layer !== undefined) this.#sendBye();
    this.#stop();
    this.#stream.dropQueued();
  }

  /** Updates the payload types after the publisher's or the subscriber's codecs have changed. */
  refreshPayloadTypes(): void {
    this.#stream.useCodecs(this.#source?.plan.codecs ?? [], this.#plan.codecs);
  }

  /** Handles the end of the publication. The receiver is told once, and the m-section is kept for another publication. */
  loseSource(_nowMs: number): void {
    if (this.#source !== undefined) this.#sendBye();
    this.#source = undefined;
    this.#layer = undefined;
    this.#target = undefined;
    this.#moves.settle();
    this.grants.forget();
    this.#keyframeDemand.cancel();
  }

  close(nowMs: number): void {
    this.#source?.router.remove(this);
    this.#moves.stop();
    this.transport.linkLayers?.remove(this);
    this.loseSource(nowMs);
    this.#stream.close();
  }

  /** Chooses the encoding to forward. The switch happens at its next keyframe, which is requested. If undefined, nothing is forwarded. */
  aimAt(nowMs: number, chosen: ReceiveStream | undefined): void {
    if (chosen === undefined) this.#layer = undefined;
    if (chosen === this.#layer) this.#target = undefined;
    if (chosen === undefined || chosen === this.#layer || chosen === this.#target) return;
    this.#target = chosen;
    if (!this.#beginsAtOnce(nowMs, chosen)) this.requestKeyframe(nowMs);
  }

  /** Called when packets can be sent to the receiver, for the first time or again. */
  becomeReachable(nowMs: number): void {
    if (!this.#plan.paused) this.#firstFrame?.begin(nowMs);
    if (this.#target === undefined || !this.#beginsAtOnce(nowMs, this.#target)) this.requestKeyframe(nowMs);
  }

  /** Handles a PLI or FIR, by which the receiver says that it cannot decode. */
  handlePictureLoss(nowMs: number): void {
    // The other node still waits for the layer, because the BYE was lost on a link that is full.
    if (this.#isHeldBack && this.transport.isLink) {
      this.#sendBye();
      return;
    }
    const wanted = this.#target ?? this.#layer;
    // Repeating a request that the publisher has already received costs nothing, and a node requests for many subscribers.
    if (wanted?.keyframes.isAwaited || this.transport.isLink) this.requestKeyframe(nowMs);
    else if (!this.#keyframeDemand.request(nowMs)) this.#context.drops.increment(DropReason.KeyframeRequestTooSoon);
  }

  /** Requests a keyframe of the layer that the receiver gets or waits for. */
  requestKeyframe(nowMs: number): void {
    if (this.#plan.paused || this.#plan.kind !== 'video' || !this.transport.isSecure) return;
    const wanted = this.#target ?? this.#layer;
    if (wanted === undefined && this.wantsExactLayer) return;
    this.#source?.router.requestKeyframe(nowMs, wanted);
  }

  /** Reads a field of each object that `forward` needs, to warm the cache. */
  prefetch(): number {
    return this.#stream.prefetch();
  }

  /** Writes the packet into this peer's outgoing stream, or drops it for a counted reason. */
  forward(nowMs: number, packet: StreamPacket): void {
    const isFirst = packet.stream !== this.#layer;
    const refusal = this.#refusal(nowMs, packet);
    if (refusal !== undefined) {
      this.#context.drops.increment(refusal);
      // Comfort noise and the like are dropped on purpose, so the receiver must not see a lost packet.
      if (refusal === DropReason.UnknownPayloadType && !isFirst) this.#stream.leaveOut(packet.sequence);
      return;
    }
    // An empty packet that was overtaken is sent: where sequence numbers delimit frames, the receiver would wait for it.
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
    // Sends packets that were dropped because this one, which was lost or overtaken, had not arrived yet.
    if (isFirst) this.#stream.sendKept(nowMs, packet.stream, packet.sequence + 1, newestOf(packet));
  }

  handleNack(nowMs: number, lost: readonly Seq16[]): void {
    // Missing packets of a layer that a link does not carry must not take the place of layers that it does.
    if (this.#isHeldBack && this.transport.isLink) return;
    if (this.#plan.kind === 'audio' && !this.transport.isLink && this.transport.rttMs > AUDIO_REPAIR.maxRttMs) {
      this.#context.drops.increment(DropReason.RtxSuppressed);
      return;
    }
    // Without this, Chromium would wait for three seconds before it reports that it cannot decode.
    if (!this.#stream.handleNack(nowMs, lost) && this.#plan.kind === 'video') this.handlePictureLoss(nowMs);
  }

  /** Takes the receiver's report about the stream. */
  handleReport(nowMs: number, report: ReportBlock): void {
    const lossRatio = this.#reports.handle(nowMs, report, this.transport);
    this.#reported.note(report, this.#stream);
    this.#stream.noteReport(report);
    // A node would forward the delay to all of its subscribers.
    if (this.#plan.kind !== 'video' || this.transport.isLink) return;
    this.#stream.playoutDelay = this.#playoutDelay.afterReport(nowMs, lossRatio, this.transport);
  }

  /** @returns undefined while there is nothing to report */
  senderReport(nowMs: number): SenderReport | undefined {
    return this.#layer && this.#stream.senderReport(nowMs, this.#layer);
  }

  #changeSource(nowMs: number, source: PublisherTrack | undefined): void {
    this.#source?.router.remove(this);
    this.#moves.leave(this.#layer);
    if (source === undefined) this.loseSource(nowMs);
    this.#source = source;
    this.#layer = undefined;
    this.#target = undefined;
    this.grants.forget();
    // On a link, all layers of a track are decided about together.
    if (!this.wantsExactLayer) this.#isHeldBack = false;
    this.refreshPayloadTypes();
    source?.router.add(this);
  }

  #limitLayers(nowMs: number, { stream, maxSpatialId, maxTemporalId }: LayerOption): void {
    if (maxSpatialId === ALL_LAYERS && maxTemporalId === ALL_LAYERS && this.#stream.filter === undefined) return;
    // While a better layer is awaited, the present one continues, and must not be limited to the layers wanted of the better one.
    const isLess = this.#layer !== undefined && this.#layer !== stream && this.#layer.rate.bps < stream.rate.bps;
    if (!isLess) this.#stream.limitLayers(maxSpatialId, maxTemporalId);
    if (stream !== this.#layer) return;
    if (maxSpatialId > (this.#stream.filter?.spatialLimit ?? ALL_LAYERS)) this.requestKeyframe(nowMs);
    this.grants.noteLayer(stream);
  }

  /** Tells the receiver that no packets will follow, if it has had any. */
  #sendBye(): void {
    if (this.packetsSent > 0) this.transport.rtcp.sendBye([this.#plan.ssrc]);
  }

  #stop(): void {
    this.#layer = undefined;
    this.#target = undefined;
    this.#keyframeDemand.cancel();
  }

  /** Stops a layer that does not fit the path. */
  #abandon(): void {
    // The nodes behind a link may still complete it for subscribers whose paths carry more.
    if (this.#layer !== undefined && !this.transport.isLink) this.#stream.abandonSent();
    this.#stop();
  }

  /** Handles the loss of queued packets, without which later ones cannot be decoded. */
  #handleGap(nowMs: number): void {
    this.#awaitKeyframe();
    this.handlePictureLoss(nowMs);
  }

  #awaitKeyframe(): void {
    this.#target = this.#target ?? this.#layer;
    this.#layer = undefined;
  }

  /** The reason why this packet is not sent to this subscriber; undefined if it is. Switches the layer when its keyframe has arrived. */
  #refusal(nowMs: number, packet: StreamPacket): DropReason | undefined {
    if (this.#isPaused) return DropReason.Paused;
    if (this.#isHeldBack) return DropReason.BeyondBudget;
    if (!this.transport.canSend) return DropReason.SendNotReady;
    const mismatch = this.#stream.mismatch(packet);
    if (mismatch !== undefined) return mismatch;
    if (packet.stream === this.#layer) return undefined;
    if (packet.stream !== this.#target && !this.#adoptsStream(nowMs, packet)) return DropReason.LayerNotSelected;
    if (!canBeginWith(packet)) {
      // The publisher was unreachable and all requests were given up, but now it sends again.
      if (!packet.stream.keyframes.isAwaited) this.requestKeyframe(nowMs);
      return DropReason.NoSubscriberKeyframe;
    }
    this.#enter(nowMs, packet);
    return undefined;
  }

  /** Selects a new stream if nothing is being watched: the first layer, or the publisher's new SSRC in place of an old one. */
  #adoptsStream(nowMs: number, { stream, isKeyframe }: StreamPacket): boolean {
    if (this.#isHeldBack || this.#layer?.isCurrent || this.#target?.isCurrent) return false;
    if (this.wantsExactLayer && stream.rid !== this.#plan.preferredRid) return false;
    // The allocator considers each new stream. Until then, only the granted layer may be sent.
    const { granted } = this.grants;
    if (this.transport.allocation.isLimited && granted !== undefined && stream.rid !== granted.stream.rid) return false;
    if (this.grants.isAdaptive && this.grants.layerOptions(nowMs)?.every((option) => option.stream !== stream)) return false;
    this.#target = stream;
    // If this is the start of its keyframe, none needs to be requested.
    if (!isKeyframe) this.requestKeyframe(nowMs);
    return true;
  }

  #enter(nowMs: number, packet: StreamPacket): void {
    this.#limitToGranted(packet.stream);
    this.#stream.begin(nowMs, packet);
    this.#noteEntered(nowMs, packet.stream);
  }

  #limitToGranted(stream: ReceiveStream): void {
    const { granted } = this.grants;
    if (this.#stream.filter === undefined || granted?.stream !== stream) return;
    this.#stream.limitLayers(granted.maxSpatialId, granted.maxTemporalId);
  }

  #noteEntered(nowMs: number, stream: ReceiveStream): void {
    this.#layer = stream;
    this.#target = undefined;
    this.#firstFrame?.end(nowMs);
    this.grants.noteLayer(stream);
    // Another layer may no longer need to be sent, now that this one is.
    if (this.transport.linkLayers !== undefined) this.transport.allocation.runSoon(nowMs);
  }

  /**
   * Starts a stream without waiting for another keyframe: where the former source left off if this is another copy of it, or at a keyframe
   * that has already passed.
   *
   * @returns false if neither is possible
   */
  #beginsAtOnce(nowMs: number, stream: ReceiveStream): boolean {
    if (this.#plan.paused || !this.transport.canSend) return false;
    const shown = this.#layer?.isArriving(nowMs) === true ? this.#layer : undefined;
    if (shown === undefined && this.#continuesWith(nowMs, stream)) return true;
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

  #continuesWith(nowMs: number, stream: ReceiveStream): boolean {
    const next = this.#moves.continueWith(nowMs, stream);
    if (next === undefined) return false;
    this.#layer = stream;
    this.#target = undefined;
    this.#stream.sendKept(nowMs, stream, next, stream.newest ?? next);
    return true;
  }
}
