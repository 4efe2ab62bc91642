/** A sender under an estimator's control and its receiver, in virtual time, over bottlenecks that others may share. */
import { type Bottleneck, ElasticSource, type ElasticSourceOptions, FeedbackPeer, type Simulation } from '@causeway/testkit';
import { TransportFeedbackReader } from '@causeway/wire';
import { Acknowledgements, ArrivalClock } from '../../../src/congestion/acknowledgements.ts';
import { BandwidthEstimator } from '../../../src/congestion/bandwidth-estimator.ts';
import { PROBE_BURST_MS, ProbeRun } from '../../../src/congestion/probing/probe-run.ts';
import { SentPackets } from '../../../src/congestion/sent-packets.ts';

export interface MediaFlowOptions extends Partial<Pick<ElasticSourceOptions, 'layersBps' | 'maxBps' | 'frameVariation'>> {
  readonly simulation: Simulation;
  readonly random: () => number;
  readonly forward: Bottleneck;
  readonly back: Bottleneck;
  readonly startBps?: number;
  /** Half of what the path takes, for flows with round trips of their own on a shared bottleneck. */
  readonly extraDelayMs?: number;
  readonly feedbackIntervalMs?: number;
}

const SAMPLE_MS = 50;

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
  probeBytes = 0;
  lost = 0;
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
      sendFeedback: (rtcp) => this.#sendFeedback(rtcp.slice()),
      clockOffsetMs: random() * 1e6,
      ...(feedbackIntervalMs !== undefined && { intervalMs: feedbackIntervalMs }),
    });
    simulation.every(25, () => this.#process());
    simulation.every(SAMPLE_MS, () => {
      const { nowMs } = simulation;
      const { targetBps } = this.estimator;
      this.samples.push({ atMs: nowMs, targetBps, queueMs: forward.waitMs(nowMs), bytesReceived: this.peer.bytesReceived });
      return undefined;
    });
  }

  send(nowMs: number, sizeBytes: number, probe: number): void {
    const { forward, simulation, extraDelayMs = 0 } = this.#options;
    const sequence = this.sent.take(nowMs, sizeBytes, probe);
    for (const arrivesMs of forward.take(nowMs, sizeBytes)) {
      simulation.at(arrivesMs + extraDelayMs, () => this.peer.receive(sequence, sizeBytes));
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

  #sendFeedback(rtcp: Uint8Array): void {
    const { simulation, back, extraDelayMs = 0 } = this.#options;
    for (const arrivesMs of back.take(simulation.nowMs, rtcp.length + 50)) simulation.at(arrivesMs + extraDelayMs, () => this.#take(rtcp));
  }

  #take(rtcp: Uint8Array): void {
    const { nowMs } = this.#options.simulation;
    if (!this.#reader.read(rtcp, 0, rtcp.length)) throw new Error('malformed feedback');
    if (!this.#acknowledgements.take(this.#reader, this.#clock, this.sent)) throw new Error('an honest peer was taken for a liar');
    this.lost += this.#acknowledgements.lost;
    this.estimator.onSent(nowMs, this.sent.bytesSent);
    this.estimator.onAcknowledged(nowMs, this.#acknowledgements);
  }
}
