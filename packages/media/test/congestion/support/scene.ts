/** One or more media flows over one bottleneck, and what came of them. */
import { Bottleneck, type NetworkConditions, type RateStep, Simulation, seededRandom, steppedCapacity } from '@causeway/testkit';
import { MediaFlow, type MediaFlowOptions, type Sample } from './media-flow.ts';

/** Seeds of a scenario; a failing one is in the name of its test. `scripts/paths` is the long form. */
export const EACH_SEED: readonly number[] = Array.from({ length: Number(process.env.SEEDS ?? 3) }, (_, index) => index + 1);

export interface SceneOptions extends Partial<NetworkConditions> {
  readonly seed: number;
  /** Default: the rate of the conditions. */
  readonly steps?: readonly RateStep[];
}

/** A path of 50 ms each way and a drop-tail queue of 300 ms, as in RFC 8867. */
export class Scene {
  readonly simulation = new Simulation();
  readonly random: () => number;
  readonly forward: Bottleneck;
  readonly back: Bottleneck;

  constructor({ seed, steps, delayMs = 50, queueMs = 300, ...conditions }: SceneOptions) {
    this.random = seededRandom(seed);
    const capacity = steps === undefined ? undefined : steppedCapacity(steps);
    this.forward = new Bottleneck(this.random, { delayMs, queueMs, ...conditions }, capacity);
    this.back = new Bottleneck(this.random, { delayMs });
  }

  flow(options: Partial<MediaFlowOptions> = {}): MediaFlow {
    const { simulation, random, forward, back } = this;
    const flow = new MediaFlow({ simulation, random, forward, back, ...options });
    flow.estimator.onRtt(2 * forward.conditions.delayMs + 2 * (options.extraDelayMs ?? 0));
    return flow;
  }

  runUntil(untilMs: number): void {
    this.simulation.runUntil(untilMs);
  }
}

/** Samples of a span of time. */
export function between({ samples }: MediaFlow, fromMs: number, toMs: number): readonly Sample[] {
  return samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

export function meanTargetBps(flow: MediaFlow, fromMs: number, toMs: number): number {
  return mean(between(flow, fromMs, toMs).map(({ targetBps }) => targetBps));
}

/** The bitrate of those of the flow's own packets that arrived. */
export function receivedBps(flow: MediaFlow, fromMs: number, toMs: number): number {
  const [first, ...rest] = between(flow, fromMs, toMs);
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return Number.NaN;
  return (8000 * (last.bytesReceived - first.bytesReceived)) / (last.atMs - first.atMs);
}

export function queueMs(flow: MediaFlow, quantile: number, fromMs: number, toMs: number): number {
  return quantileOf(
    between(flow, fromMs, toMs).map((sample) => sample.queueMs),
    quantile,
  );
}

/** How long after `fromMs` a sample first is as asked; Infinity if none is. */
export function msUntil({ samples }: MediaFlow, fromMs: number, holds: (sample: Sample) => boolean): number {
  return (samples.find((sample) => sample.atMs >= fromMs && holds(sample))?.atMs ?? Number.POSITIVE_INFINITY) - fromMs;
}

export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Jain's fairness index of some shares: 1 if all are equal, 1/n if one has everything. */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value ** 2, 0);
  return sum ** 2 / (values.length * squares);
}
