import type { Simulation } from './simulation.ts';

export interface ElasticSourceOptions {
  readonly simulation: Simulation;
  readonly random: () => number;
  /** What it may send just now. */
  readonly targetBps: () => number;
  /** How fast packets of one frame follow each other. Default: all at once. */
  readonly pacingBps?: () => number;
  /** Sends one packet. */
  readonly send: (nowMs: number, sizeBytes: number) => void;
  readonly maxBps: number;
  /** Steps it can send at, ascending: the highest that fits the target, the lowest whatever the target. Default: any rate up to `maxBps`. */
  readonly layersBps?: readonly number[];
  readonly framesPerSecond?: number;
  /** Frames are larger and smaller than the rate says by up to this share. Default 0.1. */
  readonly frameVariation?: number;
}

/** What an encoder makes of a full frame on the way: RTP, SRTP and UDP included. */
const MAX_PACKET_BYTES = 1200;
const MIN_PACKET_BYTES = 100;
const DEFAULT_FRAMES_PER_SECOND = 30;
const DEFAULT_FRAME_VARIATION = 0.1;

/** A video encoder that follows a target, or a choice of layers that does: frames at a steady pace, each cut into packets. */
export class ElasticSource {
  readonly #options: ElasticSourceOptions;
  #waitingBytes: number[] = [];
  #isSending = false;
  #mayGoAtMs = 0;
  #isPaused = false;
  #isStopped = false;
  bytesSent = 0;

  /** It begins at once. */
  constructor(options: ElasticSourceOptions) {
    this.#options = options;
    options.simulation.every(1000 / (options.framesPerSecond ?? DEFAULT_FRAMES_PER_SECOND), () => this.#tick());
  }

  /** A muted camera: nothing comes until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What it sends at the target of now. */
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
