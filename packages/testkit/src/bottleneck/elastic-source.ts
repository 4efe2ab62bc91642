import type { Simulation } from './simulation.ts';

export interface ElasticSourceOptions {
  readonly simulation: Simulation;
  readonly random: () => number;
  /** Returns the present target bitrate. */
  readonly targetBps: () => number;
  /** Returns the rate at which packets of one frame are paced. Default: they are sent all at once. */
  readonly pacingBps?: () => number;
  /** Sends one packet. */
  readonly send: (nowMs: number, sizeBytes: number) => void;
  readonly maxBps: number;
  /** Ascending rates of layers. It sends the highest that fits the target, or else the lowest. Default: any rate up to `maxBps`. */
  readonly layersBps?: readonly number[];
  readonly framesPerSecond?: number;
  /** The share by which frame sizes vary. Default 0.1. */
  readonly frameVariation?: number;
}

/** The size of a full packet, including RTP, SRTP and UDP. */
const MAX_PACKET_BYTES = 1200;
const MIN_PACKET_BYTES = 100;
const DEFAULT_FRAMES_PER_SECOND = 30;
const DEFAULT_FRAME_VARIATION = 0.1;

/** Simulates a video encoder that follows a target bitrate, or a choice of simulcast layers, at a constant frame rate. */
export class ElasticSource {
  readonly #options: ElasticSourceOptions;
  #waitingBytes: number[] = [];
  #isSending = false;
  #mayGoAtMs = 0;
  #isPaused = false;
  #isStopped = false;
  bytesSent = 0;

  /** Starts at once. */
  constructor(options: ElasticSourceOptions) {
    this.#options = options;
    options.simulation.every(1000 / (options.framesPerSecond ?? DEFAULT_FRAMES_PER_SECOND), () => this.#tick());
  }

  /** Stops sending until `resume`, like a muted camera. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** The rate that it sends at the present target. */
  get rateBps(): number {
    const { targetBps, maxBps, layersBps } = this.#options;
    const target = Math.min(targetBps(), maxBps);
    if (layersBps === undefined) return target;
    return layersBps.findLast((layerBps) => layerBps <= target) ?? layersBps[0] ?? 0;
  }

  #tick(): boolean {
    if (this.#isStopped) return false;
    if (!this.#isPaused) this.#makeFrame();
    return true;
  }

  #makeFrame(): void {
    const { random, framesPerSecond = DEFAULT_FRAMES_PER_SECOND, frameVariation = DEFAULT_FRAME_VARIATION } = this.#options;
    const variation = 1 + frameVariation * (2 * random() - 1);
    const frameBytes = Math.max(MIN_PACKET_BYTES, (this.rateBps / 8 / framesPerSecond) * variation);
    const packets = Math.ceil(frameBytes / MAX_PACKET_BYTES);
    for (let packet = 0; packet < packets; packet++) this.#waitingBytes.push(Math.round(frameBytes / packets));
    if (!this.#isSending) this.#sendNext();
  }

  #sendNext(): void {
    const { simulation, pacingBps, send } = this.#options;
    this.#isSending = this.#waitingBytes.length > 0;
    if (!this.#isSending) return;
    simulation.at(this.#mayGoAtMs, () => {
      const sizeBytes = this.#waitingBytes.shift() ?? 0;
      this.bytesSent += sizeBytes;
      send(simulation.nowMs, sizeBytes);
      this.#mayGoAtMs = simulation.nowMs + (pacingBps === undefined ? 0 : (8000 * sizeBytes) / pacingBps());
      this.#sendNext();
    });
  }
}
