/**
 * The times at which a camera or a microphone hands its packets to the network.
 *
 * A camera produces a frame at once, and a browser's pacer sends the frame's packets within a part
 * of the time to the next frame, a few packets every 5 ms. Evenly spaced packets would let an SFU
 * work on one packet per wake-up; publishers in step would give it one from each.
 */

/** Sends this share of a frame's time: browsers pace at 2.5 times the encoder's bitrate. */
const PACED_SHARE = 0.4;
/** Time between two bursts of a browser's pacer. */
const BURST_INTERVAL_MS = 5;

export interface DueTimesOptions {
  readonly packetsPerSecond: number;
  /** 1 for audio, of which each packet is a frame. */
  readonly packetsPerFrame: number;
  /** A number from 0 up to 1: where between two frames the first one falls. */
  readonly phase: number;
}

/** Due times of consecutive packets, in ms since the source was started. */
export class DueTimes {
  readonly #packetsPerFrame: number;
  readonly #frameIntervalMs: number;
  readonly #phaseMs: number;
  readonly #packetsPerBurst: number;

  constructor({ packetsPerSecond, packetsPerFrame, phase }: DueTimesOptions) {
    this.#packetsPerFrame = packetsPerFrame;
    this.#frameIntervalMs = (1000 * packetsPerFrame) / packetsPerSecond;
    this.#phaseMs = phase * this.#frameIntervalMs;
    const bursts = Math.max(1, Math.round((PACED_SHARE * this.#frameIntervalMs) / BURST_INTERVAL_MS));
    this.#packetsPerBurst = Math.ceil(packetsPerFrame / bursts);
  }

  /** @param packet counts from 0 */
  dueMs(packet: number): number {
    const frame = Math.floor(packet / this.#packetsPerFrame);
    const burst = Math.floor((packet % this.#packetsPerFrame) / this.#packetsPerBurst);
    return this.#phaseMs + frame * this.#frameIntervalMs + burst * BURST_INTERVAL_MS;
  }
}
