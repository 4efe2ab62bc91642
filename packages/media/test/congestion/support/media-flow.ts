/** A sender under an estimator's control and its receiver, in virtual time, over bottlenecks that others may share. */
import { type Bottleneck, ElasticSource, type ElasticSourceOptions, FeedbackPeer, type Simulation } from '@causeway/testkit';
import {
  CONGESTION_FEEDBACK_PERIOD_MS,
  CongestionFeedbackReader,
  ECN_CAPABLE,
  ECN_CONGESTION_EXPERIENCED,
  type Seq16,
  TransportFeedbackReader,
} from '@causeway/wire';
import { Acknowledgements, ArrivalClock } from '../../../src/congestion/acknowledgements.ts';
import { BandwidthEstimator } from '../../../src/congestion/bandwidth-estimator.ts';
import { PROBE_BURST_MS, ProbeRun } from '../../../src/congestion/probing/probe-run.ts';
import { SentPackets } from '../../../src/congestion/sent-packets.ts';
import { StreamNumbers } from '../../../src/congestion/stream-numbers.ts';
import { StreamRecorder } from '../../../src/transport/arrival-feedback.ts';

export interface MediaFlowOptions extends Partial<Pick<ElasticSourceOptions, 'layersBps' | 'maxBps' | 'frameVariation'>> {
  readonly simulation: Simulation;
  readonly random: () => number;
  readonly forward: Bottleneck;
  readonly back: Bottleneck;
  readonly startBps?: number;
  /** Half of what the path takes, for flows with round trips of their own on a shared bottleneck. */
  readonly extraDelayMs?: number;
  readonly feedbackIntervalMs?: number;
  /** Whether packets are ECN-capable, and reported by stream. Default: they are not, and reported by transport-wide numbers. */
  readonly isEcnCapable?: boolean;
}

const SAMPLE_MS = 50;
const SSRC = 7;
const MAX_REPORT_BYTES = 1100;

export interface Sample {
  readonly atMs: number;
  readonly targetBps: number;
  /** How long a packet would wait that came now. */
  readonly queueMs: number;
  readonly bytesReceived: number;
}

export class MediaFlow {
  readonly estimator: BandwidthEstimator;
  readonly sent: SentPackets;
  readonly source: ElasticSource;
  readonly samples: Sample[] = [];
  readonly peer: FeedbackPeer;
  readonly #options: MediaFlowOptions;
  readonly #acknowledgements = new Acknowledgements();
  readonly #reader = new TransportFeedbackReader();
  readonly #clock = new ArrivalClock();
  readonly #streamReader = new CongestionFeedbackReader();
  readonly #streamClock = new ArrivalClock(CONGESTION_FEEDBACK_PERIOD_MS);
  readonly #numbers = new StreamNumbers();
  readonly #recorder = new StreamRecorder();
  #sentByStream = 0;
  probeBytes = 0;
  lost = 0;
  marked = 0;
  demandBps: number;

  constructor(options: MediaFlowOptions) {
    this.#options = options;
    const { simulation, random, forward, startBps, feedbackIntervalMs, layersBps, maxBps = 5_000_000 } = options;
    this.estimator = new BandwidthEstimator(random, startBps);
    this.sent = new SentPackets(random);
    this.demandBps = maxBps;
    this.source = new ElasticSource({
      simulation,
      random,
      maxBps,
      targetBps: () => this.estimator.targetBps,
      pacingBps: () => this.estimator.pacingBps,
      send: (nowMs, sizeBytes) => this.send(nowMs, sizeBytes, 0),
      ...(layersBps !== undefined && { layersBps }),
      frameVariation: options.frameVariation ?? 0.1,
    });
    this.peer = new FeedbackPeer({
      simulation,
      sendFeedback: (rtcp) => (options.isEcnCapable === true ? undefined : this.#sendFeedback(rtcp.slice())),
      clockOffsetMs: random() * 1e6,
      ...(feedbackIntervalMs !== undefined && { intervalMs: feedbackIntervalMs }),
    });
    if (options.isEcnCapable === true) simulation.every(feedbackIntervalMs ?? 100, () => this.#reportByStream());
    simulation.every(25, () => this.#process());
    simulation.every(SAMPLE_MS, () => {
      const { nowMs } = simulation;
      const { targetBps } = this.estimator;
      this.samples.push({ atMs: nowMs, targetBps, queueMs: forward.waitMs(nowMs), bytesReceived: this.peer.bytesReceived });
      return undefined;
    });
  }

  send(nowMs: number, sizeBytes: number, probe: number): void {
    const { forward, simulation, extraDelayMs = 0, isEcnCapable = false } = this.#options;
    const sequence = this.sent.take(nowMs, sizeBytes, probe, isEcnCapable);
    const inStream = (this.#sentByStream++ & 0xffff) as Seq16;
    this.#numbers.note(SSRC, inStream, sequence);
    const arrivals = forward.take(nowMs, sizeBytes, isEcnCapable);
    const ecn = forward.isMarked ? ECN_CONGESTION_EXPERIENCED : ECN_CAPABLE;
    for (const arrivesMs of arrivals) {
      simulation.at(arrivesMs + extraDelayMs, () => {
        this.peer.receive(sequence, sizeBytes);
        this.#recorder.record(simulation.nowMs, SSRC, inStream, ecn);
      });
    }
  }

  #process(): undefined {
    const { nowMs } = this.#options.simulation;
    this.estimator.onSent(nowMs, this.sent.bytesSent);
    this.estimator.setDemand(this.demandBps);
    this.estimator.process(nowMs);
    const order = this.estimator.takeProbe(nowMs);
    if (order === undefined) return;
    const run = new ProbeRun(nowMs, order, this.sent.bytesSent);
    this.#options.simulation.every(PROBE_BURST_MS, () => this.#sendBurst(run));
  }

  /** Padding fills up what media leaves of the probe's rate. */
  #sendBurst(run: ProbeRun): boolean {
    const { nowMs } = this.#options.simulation;
    const { sizeBytes, probe } = run.order;
    while (!run.isOver(nowMs, this.sent.bytesSent) && run.isDue(nowMs, this.sent.bytesSent)) {
      this.send(nowMs, sizeBytes, probe);
      this.probeBytes += sizeBytes;
    }
    return !run.isOver(nowMs, this.sent.bytesSent);
  }

  #reportByStream(): undefined {
    const out = new Uint8Array(MAX_REPORT_BYTES);
    const end = this.#recorder.writeFeedback(this.#options.simulation.nowMs, 1, out, 0);
    if (end > 0) this.#sendFeedback(out.subarray(0, end));
  }

  #sendFeedback(rtcp: Uint8Array): void {
    const { simulation, back, extraDelayMs = 0 } = this.#options;
    for (const arrivesMs of back.take(simulation.nowMs, rtcp.length + 50)) simulation.at(arrivesMs + extraDelayMs, () => this.#take(rtcp));
  }

  #take(rtcp: Uint8Array): void {
    const { nowMs } = this.#options.simulation;
    if (this.#options.isEcnCapable === true) this.#readByStream(rtcp);
    else this.#readTransportWide(rtcp);
    this.lost += this.#acknowledgements.lost;
    this.marked += this.#acknowledgements.marked;
    this.estimator.onSent(nowMs, this.sent.bytesSent);
    this.estimator.onAcknowledged(nowMs, this.#acknowledgements);
  }

  #readTransportWide(rtcp: Uint8Array): void {
    if (!this.#reader.read(rtcp, 0, rtcp.length)) throw new Error('malformed feedback');
    if (!this.#acknowledgements.take(this.#reader, this.#clock, this.sent)) throw new Error('an honest peer was taken for a liar');
  }

  #readByStream(rtcp: Uint8Array): void {
    if (!this.#streamReader.read(rtcp, 0, rtcp.length)) throw new Error('malformed report');
    this.#acknowledgements.takeByStream(this.#streamReader, this.#streamClock, this.sent, this.#numbers);
  }
}
