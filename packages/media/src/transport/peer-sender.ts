/**
 * Sends packets to one peer and evaluates the peer's feedback. It covers transport-wide numbers, acknowledgements, the loss of the path,
 * the estimate of its bitrate, and the probes that the estimate needs.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01; docs/adr/0019-pacing-and-probing.md
 */
import type { TransportFeedbackTaker } from '@causeway/wire';
import { ArrivalClock } from '../congestion/acknowledgements.ts';
import type { AllocatedPath } from '../congestion/allocation/bandwidth-allocator.ts';
import { BandwidthEstimator, START_RATE_BPS } from '../congestion/bandwidth-estimator.ts';
import { DataShare } from '../congestion/data-share.ts';
import { LinkLimit } from '../congestion/link-limit.ts';
import { type QueuedStream, type QueueLosses, SendQueue } from '../congestion/pacing/send-queue.ts';
import { PathLoss } from '../congestion/path-loss.ts';
import { PROBE_BURST_MS as BURST_MS } from '../congestion/probing/probe-run.ts';
import { type ProbedStream, ProbeSender } from '../congestion/probing/probe-sender.ts';
import { MAX_LINK_RATE_BPS, MAX_RATE_BPS } from '../congestion/rate-bounds.ts';
import { type SendWatch, SentPackets, WIRE_OVERHEAD_BYTES } from '../congestion/sent-packets.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { PathEstimate } from '../statistics.ts';
import type { Timer } from '../timers.ts';
import { StreamFeedback } from './stream-feedback.ts';

/** Silence is detected and probes are started this often; everything else happens when feedback arrives. */
const TICK_MS = 100;
/** Ticks of all peers are aligned, so that they wake the process together. */
const TICK_GRID_MS = 50;
/** How long after the last packet silence is significant. */
const ATTENTIVE_FOR_MS = 5000;
/** Browsers report every 50 to 250 ms. A peer that has negotiated feedback and has sent none by now never will. */
const FIRST_FEEDBACK_WITHIN_MS = 3000;
/** A peer that has reported, and then reports nothing for this long although its receiver reports show that packets arrive, has stopped. */
const FEEDBACK_STOPPED_AFTER_MS = 8000;
/** A path that turns out to be narrow is given this long, at its rate, to drain what was sent before that was known. */
const FILLED_QUEUE_MS = 200;
/** A lower budget must take effect at once, while a higher one can wait for the allocator's next round. */
const FALL_WORTH_TELLING = 1.02;
const RISE_WORTH_TELLING = 1.1;

/** The peer that is sent to. */
export interface SendingPeer {
  readonly isLink: boolean;
  /** Packets of such a peer never leave the process, so nothing limits them. */
  readonly isInProcess: boolean;
  readonly canSend: boolean;
  reportDefect(error: unknown): void;
}

/** A stream to the peer whose packets carry transport-wide numbers. */
export interface NumberedStream extends QueuedStream, ProbedStream {}

export class PeerSender implements SendWatch, TransportFeedbackTaker, Timer, AllocatedPath {
  readonly #context: EngineContext;
  readonly #peer: SendingPeer;
  readonly #maxBps: number | undefined;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  /** Numbers the packets to the peer as they leave. Only this class sets it. */
  sent: SentPackets;
  /** Where packets wait for room on the path; undefined while the path has no known limit. Only this class sets it. */
  queue: SendQueue | undefined = undefined;
  /** Created when there is something to estimate. */
  #estimator: BandwidthEstimator | undefined = undefined;
  readonly #streams: NumberedStream[] = [];
  #rttMs: number | undefined = undefined;
  #arrivalClock = new ArrivalClock();
  /** Created for a peer that reports per stream. */
  #streamFeedback: StreamFeedback | undefined = undefined;
  readonly #loss = new PathLoss();
  readonly #linkLimit = new LinkLimit();
  /** What data channels may take of the path. */
  readonly dataShare = new DataShare();
  /** When the RTCP packet being read arrived. */
  #nowMs = 0;
  #feedbackAtMs = Number.NaN;
  #bytesSentAtTick = 0;
  #attentiveUntilMs = Number.NEGATIVE_INFINITY;
  #demandBps = 0;
  readonly #probes: ProbeSender;
  #toldBudgetBps: number | undefined = undefined;
  /** Called when `budgetBps` has changed significantly. */
  onBudgetChanged: (nowMs: number) => void = () => undefined;

  /** @param maxBps limit for what is sent to the peer, whatever its path carries; undefined for none */
  constructor(context: EngineContext, peer: SendingPeer, maxBps?: number) {
    this.#context = context;
    this.#peer = peer;
    this.sent = new SentPackets(context.random, this);
    this.#probes = new ProbeSender(this.#streams, context.traffic, WIRE_OVERHEAD_BYTES);
    this.#maxBps = maxBps;
  }

  /** Numbers the packets to a peer that reports per stream. */
  get streamFeedback(): StreamFeedback {
    this.#streamFeedback ??= new StreamFeedback(this.sent);
    return this.#streamFeedback;
  }

  /** Adds a packet to the queue, after `queue.passes` has returned false. */
  enqueue(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void {
    this.queue?.addVideo(nowMs, stream, sourceSequence, sequence, epoch, sizeBytes);
    this.#noteQueued(nowMs);
  }

  /** Adds a retransmission to the queue, after `queue.passes` has returned false. */
  enqueueResend(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void {
    this.queue?.addResend(nowMs, stream, sourceSequence, sequence, epoch, sizeBytes);
    this.#noteQueued(nowMs);
  }

  /** Drops the queued packets of a stream, because what follows makes them superfluous. */
  dropQueued(stream: QueuedStream): void {
    this.queue?.remove(stream);
  }

  /** @returns the receiver of feedback in an RTCP packet that arrived at `nowMs` */
  takerAt(nowMs: number): TransportFeedbackTaker {
    this.#nowMs = nowMs;
    return this;
  }

  takeTransportFeedback(bytes: Uint8Array, offset: number, end: number): boolean {
    const { feedbackReader, acknowledgements, drops } = this.#context;
    if (!feedbackReader.read(bytes, offset, end)) return false;
    if (!this.isNumbering || !acknowledgements.take(feedbackReader, this.#arrivalClock, this.sent)) {
      drops.increment(DropReason.FeedbackOnUnsent);
      if (this.isNumbering) this.#estimator?.onFalseReport(this.#nowMs);
      this.#process(this.#nowMs);
      return true;
    }
    this.#handleAcknowledgements();
    return true;
  }

  takeCongestionFeedback(bytes: Uint8Array, offset: number, end: number): boolean {
    const { congestionFeedbackReader: reader, acknowledgements, drops } = this.#context;
    if (!reader.read(bytes, offset, end)) return false;
    if (this.#streamFeedback?.read(this.#nowMs, reader, acknowledgements) === true) this.#handleAcknowledgements();
    else drops.increment(DropReason.FeedbackOnUnsent);
    return true;
  }

  handleRemb(nowMs: number, bitrateBps: number): void {
    this.#openEstimator().onRemb(nowMs, bitrateBps);
    this.#process(nowMs);
  }

  /**
   * Takes the loss from a receiver report for one stream, which counts if the peer sends no transport-wide feedback, or no longer.
   *
   * @param packets number of packets that the report covers
   * @param bytesSent total sent to the peer so far
   */
  handleReportedLoss(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void {
    // Links to other nodes are measured by transport-wide feedback, and those within the process not at all.
    if (this.#peer.isLink) return;
    if (this.#hasStoppedReporting(nowMs)) this.#forgetEstimate();
    if (this.isNumbering && !this.#saysNothing(nowMs)) return;
    this.#openEstimator().onReportedLoss(nowMs, packets, lossRatio, bytesSent);
    this.#process(nowMs);
  }

  noteRtt(rttMs: number): void {
    this.#rttMs = rttMs;
    this.#estimator?.onRtt(rttMs);
  }

  /** Sets the bitrate that would be sent if the path carried it. Probes aim for this rate. */
  setDemand(demandBps: number): void {
    if (demandBps === this.#demandBps || this.#peer.isInProcess) return;
    this.#demandBps = demandBps;
    if (this.#streams.length === 0 && this.#estimator === undefined) return;
    this.#openEstimator().setDemand(demandBps);
    if (demandBps > 0) this.wake(this.#context.time.nowMs);
  }

  /** Starts to measure the path if an estimate is wanted. Called when packets can be sent to the peer, for the first time or again. */
  wake(nowMs: number): void {
    if (this.#demandBps > 0 && this.#peer.canSend) this.#tickAfter(nowMs, 0);
  }

  /** Adds a stream whose packets carry transport-wide numbers. */
  addStream(stream: NumberedStream): void {
    this.#streams.push(stream);
  }

  removeStream(stream: NumberedStream): void {
    this.queue?.remove(stream);
    this.#streamFeedback?.forget(stream.ssrcs);
    const at = this.#streams.indexOf(stream);
    if (at >= 0) this.#streams.splice(at, 1);
  }

  /**
   * Stops numbering a stream, because the peer has withdrawn its agreement to report on it. Once it reports on none, its silence says
   * nothing about the path, and its receiver reports count.
   */
  stopNumbering(stream: NumberedStream): void {
    const at = this.#streams.indexOf(stream);
    if (at >= 0) this.#streams.splice(at, 1);
    this.#streamFeedback?.forget(stream.ssrcs);
    if (this.#streams.length > 0) return;
    this.#forgetEstimate();
    this.sent = new SentPackets(this.#context.random, this);
    this.#arrivalClock = new ArrivalClock();
    this.#streamFeedback = undefined;
  }

  /**
   * Continues a stream with reports of another kind, by a clock of their own. The estimate is kept, since the path is the same, but what was
   * sent before will not be reported any more.
   */
  changeReports(stream: NumberedStream): void {
    this.#streamFeedback?.forget(stream.ssrcs);
    this.sent.forgetUnanswered();
    this.#arrivalClock = new ArrivalClock();
    this.#probes.stop();
    this.#estimator?.restartMeasurement(this.#context.time.nowMs);
  }

  fire(nowMs: number): void {
    this.queue?.release(nowMs);
    this.#process(nowMs);
    if (this.#probes.isUnderWay || this.queue?.isEmpty === false) this.#tickAfter(nowMs, BURST_MS);
    else if (this.#needsTicks(nowMs)) this.#tickAfter(nowMs, TICK_MS);
  }

  fail(error: unknown): void {
    this.#peer.reportDefect(error);
  }

  /** Ensures that silence after a packet sent now is noticed. */
  watch(nowMs: number): void {
    this.#tickAfter(nowMs, TICK_MS);
  }

  close(): void {
    this.#context.timers.cancel(this);
    this.#probes.stop();
    this.queue = undefined;
  }

  /** Drops what was learned about the previous path. Transport-wide numbers continue. */
  pathChanged(): void {
    this.#forgetEstimate();
    this.#streamFeedback?.pathChanged();
    this.sent.firstAtMs = Number.NaN;
  }

  /** Whether packets to the peer carry transport-wide numbers. */
  get isNumbering(): boolean {
    return this.sent.hasBegun;
  }

  /** Share of packets that the path lost in the last second, 0 to 1; undefined until the peer reports it. */
  lossRatio(nowMs: number): number | undefined {
    return this.#loss.ratio(nowMs);
  }

  /** Undefined until the peer has reported on its path. */
  get estimate(): PathEstimate | undefined {
    if (this.#estimator === undefined || !this.#estimator.hasHeard) return undefined;
    const { targetBps, acknowledgedBps = 0, isOverusing } = this.#estimator;
    return { targetBps, acknowledgedBps, isOverusing };
  }

  /** Whether the peer sends transport-wide feedback, or has agreed to. */
  get isProbed(): boolean {
    return this.#estimator?.hasFeedback === true || this.#streams.length > 0;
  }

  /** Whether a probe has just proven that the path carries this much. */
  isProven(bitrateBps: number): boolean {
    return this.#estimator?.isProven(this.#context.time.nowMs, bitrateBps) === true;
  }

  /** Whether a queue is growing on the path. */
  get isOverusing(): boolean {
    return this.#estimator?.isOverusing ?? false;
  }

  /**
   * The bitrate that may be sent to the peer. Undefined if nothing limits it: on a link within the process, or if the peer does not report
   * on its path and has no limit.
   */
  get budgetBps(): number | undefined {
    const carriedBps = this.#carriedBps;
    return this.#maxBps === undefined ? carriedBps : Math.min(this.#maxBps, carriedBps ?? Number.POSITIVE_INFINITY);
  }

  get #carriedBps(): number | undefined {
    if (this.#peer.isInProcess) return undefined;
    const budgetBps = this.#estimator?.hasHeard === true ? this.#estimator.budgetBps : undefined;
    // Most links show no limit, and need no further attention.
    if (budgetBps === undefined || this.#isBeyondProbing) return undefined;
    return this.#peer.isLink && !this.#linkLimit.isShown ? undefined : budgetBps;
  }

  /**
   * Whether the peer reports what arrives, but has no stream that could carry a probe. The estimate of its path could then hardly rise
   * again, and one false alarm would hold back pictures that fit.
   */
  get #isBeyondProbing(): boolean {
    return this.#streams.length > 0 && !this.#streams.some(({ carriesProbes }) => carriesProbes);
  }

  #handleAcknowledgements(): void {
    const { acknowledgements, traffic } = this.#context;
    const { count, lost } = acknowledgements;
    this.#feedbackAtMs = this.#nowMs;
    this.#loss.note(this.#nowMs, count, lost);
    traffic.pathPacketsReceived += count;
    traffic.pathPacketsLost += lost;
    const estimator = this.#openEstimator();
    estimator.onSent(this.#nowMs, this.sent.bytesSent);
    estimator.onAcknowledged(this.#nowMs, acknowledgements);
    if (this.#peer.isLink) this.#linkLimit.note(this.#nowMs, count, lost, estimator.queueDelayMs);
    this.#process(this.#nowMs);
  }

  #forgetEstimate(): void {
    this.#estimator = undefined;
    this.#feedbackAtMs = Number.NaN;
    this.#probes.stop();
    const { nowMs } = this.#context.time;
    this.#stopPacing(nowMs);
    this.dataShare.update(nowMs, undefined, this.#demandBps);
  }

  #openEstimator(): BandwidthEstimator {
    if (this.#estimator === undefined) {
      this.#estimator = new BandwidthEstimator(this.#context.random, START_RATE_BPS, this.#peer.isLink ? MAX_LINK_RATE_BPS : MAX_RATE_BPS);
      this.#estimator.setDemand(this.#demandBps);
      if (this.#rttMs !== undefined) this.#estimator.onRtt(this.#rttMs);
    }
    return this.#estimator;
  }

  #process(nowMs: number): void {
    const estimator = this.#estimator;
    if (estimator === undefined) return;
    if (this.isNumbering) estimator.onSent(nowMs, this.sent.bytesSent);
    estimator.process(nowMs);
    this.#continueProbe(nowMs, estimator);
    const { budgetBps } = this;
    this.#pace(nowMs, estimator, budgetBps);
    this.dataShare.update(nowMs, this.#carriedBps, this.#demandBps);
    if (!isWorthTelling(this.#toldBudgetBps, budgetBps)) return;
    this.#toldBudgetBps = budgetBps;
    this.onBudgetChanged(nowMs);
  }

  #pace(nowMs: number, estimator: BandwidthEstimator, budgetBps: number | undefined): void {
    if (budgetBps === undefined || !estimator.hasHeard) this.#stopPacing(nowMs);
    else {
      const isNew = this.queue === undefined;
      this.queue ??= new SendQueue(this.#losses());
      this.queue.setRates(nowMs, budgetBps, estimator.pacingBps);
      // What was sent too fast until now fills the queue in front of the path, where a keyframe sent right behind it would be lost.
      if (isNew && !this.#peer.isLink) this.queue.noteFilledPath(nowMs, budgetBps, FILLED_QUEUE_MS);
    }
  }

  #stopPacing(nowMs: number): void {
    const queue = this.queue;
    this.queue = undefined;
    queue?.releaseAll(nowMs);
  }

  #losses(): QueueLosses {
    const { drops } = this.#context;
    return {
      overdue: (packets) => drops.add(DropReason.QueueOverdue, packets),
      superseded: (packets) => drops.add(DropReason.QueueSuperseded, packets),
      forgotten: (packets) => drops.add(DropReason.QueueForgotten, packets),
    };
  }

  #noteQueued(nowMs: number): void {
    this.#context.traffic.packetsQueued++;
    this.#tickAfter(nowMs, BURST_MS);
  }

  #continueProbe(nowMs: number, estimator: BandwidthEstimator): void {
    const { bytesSent } = this.sent;
    // A probe that meets a queue has found the limit that it was sent to find.
    if (estimator.isOverusing || !this.#peer.canSend) this.#probes.stop();
    else if (!this.#probes.isUnderWay && this.#mayProbe(nowMs)) this.#probes.begin(nowMs, estimator, bytesSent);
    this.#probes.sendDue(nowMs, bytesSent);
    if (this.#probes.isUnderWay) this.#tickAfter(nowMs, BURST_MS);
  }

  #mayProbe(nowMs: number): boolean {
    if (this.#demandBps === 0 || this.#streams.length === 0) return false;
    // Traffic between nodes costs money, and a link that has shown no limit carries everything anyway.
    if (this.#peer.isLink && this.budgetBps === undefined) return false;
    return this.#peer.canSend && !this.#saysNothing(nowMs);
  }

  /** Whether feedback was negotiated but none has come, although packets were sent long ago. */
  #saysNothing(nowMs: number): boolean {
    if (this.#estimator?.hasFeedback === true) return false;
    return nowMs - this.sent.firstAtMs > FIRST_FEEDBACK_WITHIN_MS;
  }

  /** Whether the peer no longer reports. After a pause, its first receiver report may come before the first feedback. */
  #hasStoppedReporting(nowMs: number): boolean {
    const isUnanswered = (this.#estimator?.unansweredMs(nowMs) ?? 0) > FIRST_FEEDBACK_WITHIN_MS;
    return isUnanswered && nowMs - this.#feedbackAtMs > FEEDBACK_STOPPED_AFTER_MS;
  }

  /** Whether ticks are needed even without feedback: to detect silence, or to send a probe. */
  #needsTicks(nowMs: number): boolean {
    const { bytesSent } = this.sent;
    if (bytesSent !== this.#bytesSentAtTick) {
      this.#attentiveUntilMs = nowMs + ATTENTIVE_FOR_MS;
      // Since the path has changed, these are the first packets on it.
      if (Number.isNaN(this.sent.firstAtMs)) this.sent.firstAtMs = nowMs;
    }
    this.#bytesSentAtTick = bytesSent;
    return nowMs < this.#attentiveUntilMs || (this.#mayProbe(nowMs) && this.#estimator?.wantsMore === true);
  }

  #tickAfter(nowMs: number, delayMs: number): void {
    const atMs = delayMs === 0 ? nowMs : this.#context.timers.onGrid(nowMs + delayMs, Math.min(delayMs, TICK_GRID_MS));
    if (this.heapIndex < 0 || atMs < this.deadlineMs) this.#context.timers.schedule(atMs, this);
  }
}

/** Whether the budget has changed enough to make a different allocation likely. */
function isWorthTelling(toldBps: number | undefined, budgetBps: number | undefined): boolean {
  if (toldBps === undefined || budgetBps === undefined) return toldBps !== budgetBps;
  return budgetBps < toldBps / FALL_WORTH_TELLING || budgetBps > toldBps * RISE_WORTH_TELLING;
}
