/**
 * The work done once a second for one peer: receiver and sender reports, detection of silent tracks, the bandwidth limit for publishers
 * without transport-wide feedback, a check whether its keys are nearly used up, and the samples of its quality.
 */
import type { ReportBlock, SenderReport } from '@causeway/wire';
import type { EngineContext } from '../engine-context.ts';
import { MAX_TRACK_BITRATE_BPS } from '../inbound-limits.ts';
import type { TransportCloseReason } from '../plan.ts';
import type { ReceiveDemux } from '../publisher/receive-demux.ts';
import { QualityHistory, type SampledPeer } from '../quality/quality-history.ts';
import type { SecureEndpoint } from '../secure-endpoint.ts';
import type { SubscriberTrack } from '../subscriber/subscriber-track.ts';
import type { Timer } from '../timers.ts';
import type { LinkChecks } from './link-checks.ts';
import type { RtcpSender } from './rtcp-sender.ts';

const INTERVAL_MS = 1000;
/** RFC 3550 §6.2 requires jitter, so that the peers of a node do not all report at once. */
const JITTER = 0.2;
const GRID_MS = 50;
/** A link without tracks reports nothing, so its rounds are aligned with its checks instead. */
const IDLE_GRID_MS = 250;

/** The transport that the reports are about. */
export interface ReportedTransport extends Pick<SampledPeer, 'hasMeasuredRtt' | 'rttMs' | 'sender'> {
  readonly context: Pick<EngineContext, 'random' | 'timers'>;
  readonly isLink: boolean;
  readonly maxUploadBps: number;
  readonly endpoint: Pick<SecureEndpoint, 'areKeysNearlyUsedUp'>;
  readonly receive: Pick<ReceiveDemux, 'tracks' | 'trackCount'>;
  readonly subscriptions: ReadonlyMap<number, SubscriberTrack>;
  readonly rtcp: Pick<RtcpSender, 'sendReports' | 'sendRemb'>;
  readonly link: Pick<LinkChecks, 'noteTransit'> | undefined;
  /** Created with the first round, and never for a link. */
  quality: QualityHistory | undefined;
  expire(nowMs: number, reason: TransportCloseReason): void;
  reportDefect(error: unknown): void;
}

export class ReportRound implements Timer {
  readonly #transport: ReportedTransport;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(nowMs: number, transport: ReportedTransport) {
    this.#transport = transport;
    this.resume(nowMs);
  }

  /** Starts the rounds again if there is something to report. */
  resume(nowMs: number): void {
    if (this.heapIndex < 0 && this.#isNeeded) this.#arm(nowMs);
  }

  fire(nowMs: number): void {
    this.resume(nowMs);
    // This happens after 25 days on a link that sends a thousand RTCP packets per second. Without feedback, its pictures would freeze for
    // good.
    if (this.#transport.endpoint.areKeysNearlyUsedUp) {
      this.#transport.expire(nowMs, 'connection_lost');
      return;
    }
    const received: ReportBlock[] = [];
    for (const track of this.#transport.receive.tracks) {
      track.housekeep(nowMs);
      for (const stream of track.streams) received.push(stream.reportBlock(nowMs));
    }
    const sent: SenderReport[] = [];
    const cnames: string[] = [];
    for (const subscription of this.#transport.subscriptions.values()) {
      const report = subscription.senderReport(nowMs);
      if (report === undefined) continue;
      sent.push(report);
      cnames.push(subscription.plan.cname);
    }
    this.#transport.rtcp.sendReports(received, sent, cnames);
    if (this.#transport.isLink) this.#transport.link?.noteTransit();
    else {
      this.#limitPublishers();
      this.#transport.quality ??= new QualityHistory(nowMs, this.#transport);
      this.#transport.quality.note(nowMs, this.#transport);
    }
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
  }

  /** A node may have thousands of peers that neither publish nor subscribe. Their timers sleep. */
  get #isNeeded(): boolean {
    return this.#transport.isLink || !this.#isIdle;
  }

  get #isIdle(): boolean {
    const { receive, subscriptions } = this.#transport;
    return receive.trackCount === 0 && subscriptions.size === 0;
  }

  #limitPublishers(): void {
    const ssrcs: number[] = [];
    let tracks = 0;
    for (const track of this.#transport.receive.tracks) {
      if (track.plan.kind !== 'video' || track.plan.transportWideCc || track.plan.isReportedByStream === true) continue;
      tracks++;
      for (const stream of track.streams) ssrcs.push(stream.ssrc);
    }
    if (ssrcs.length > 0) this.#transport.rtcp.sendRemb(Math.min(MAX_TRACK_BITRATE_BPS * tracks, this.#transport.maxUploadBps), ssrcs);
  }

  #arm(nowMs: number): void {
    const { random, timers } = this.#transport.context;
    if (this.#isIdle) timers.schedule(timers.onGrid(nowMs + INTERVAL_MS - IDLE_GRID_MS / 2, IDLE_GRID_MS), this);
    else timers.schedule(timers.onGrid(nowMs + INTERVAL_MS * (1 + JITTER * (random() - 0.5)), GRID_MS), this);
  }
}
