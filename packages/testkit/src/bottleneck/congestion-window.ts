/** How a TCP sender's window grows with acknowledgements and shrinks with losses. */

/** `cubic` is what nearly all servers use; `reno` is the classic. */
export type TcpKind = 'reno' | 'cubic';

const INITIAL_SEGMENTS = 10;
const MIN_SEGMENTS = 2;

export interface CongestionWindow {
  readonly segments: number;
  /** Handles an acknowledgement of a segment that is new. */
  widen(nowMs: number, rttMs: number): void;
  /** Handles a loss, at most once for each round trip. */
  narrow(): void;
  /** Starts over after a timeout. */
  collapse(segmentsInFlight: number): void;
}

export function openWindow(kind: TcpKind): CongestionWindow {
  return kind === 'cubic' ? new CubicWindow() : new RenoWindow();
}

/** @see RFC 5681 */
class RenoWindow implements CongestionWindow {
  #threshold = Number.POSITIVE_INFINITY;
  segments = INITIAL_SEGMENTS;

  widen(): void {
    this.segments += this.segments < this.#threshold ? 1 : 1 / this.segments;
  }

  narrow(): void {
    this.#threshold = Math.max(MIN_SEGMENTS, this.segments / 2);
    this.segments = this.#threshold;
  }

  collapse(segmentsInFlight: number): void {
    this.#threshold = Math.max(MIN_SEGMENTS, segmentsInFlight / 2);
    this.segments = 1;
  }
}

/** What the window is multiplied by after a loss, and how fast it grows, in segments per cubic second. */
const CUBIC_DECREASE = 0.7;
const CUBIC_GROWTH = 0.4;
/** With this additive increase, Reno would have the same throughput as CUBIC has with its smaller decrease. */
const RENO_INCREASE = (3 * (1 - CUBIC_DECREASE)) / (1 + CUBIC_DECREASE);

/** @see RFC 9438 */
class CubicWindow implements CongestionWindow {
  #threshold = Number.POSITIVE_INFINITY;
  /** The window at the last loss, to which it returns fast and beyond which it goes slowly at first. */
  #largest = 0;
  #epochFromMs = Number.NaN;
  #returnsAfterSeconds = 0;
  /** What Reno would have by now. */
  #renoSegments = 0;
  segments = INITIAL_SEGMENTS;

  widen(nowMs: number, rttMs: number): void {
    if (this.segments < this.#threshold) {
      this.segments++;
      return;
    }
    if (Number.isNaN(this.#epochFromMs)) this.#beginEpoch(nowMs);
    this.#renoSegments += RENO_INCREASE / this.segments;
    const seconds = (nowMs + rttMs - this.#epochFromMs) / 1000;
    const wanted = this.#largest + CUBIC_GROWTH * (seconds - this.#returnsAfterSeconds) ** 3;
    const target = Math.min(Math.max(wanted, this.segments), 1.5 * this.segments);
    this.segments = Math.max(this.segments + (target - this.segments) / this.segments, this.#renoSegments);
  }

  narrow(): void {
    // Another flow needs room if the window did not get as large as before ("fast convergence").
    this.#largest = this.segments < this.#largest ? (this.segments * (1 + CUBIC_DECREASE)) / 2 : this.segments;
    this.segments = Math.max(MIN_SEGMENTS, CUBIC_DECREASE * this.segments);
    this.#threshold = this.segments;
    this.#epochFromMs = Number.NaN;
  }

  collapse(segmentsInFlight: number): void {
    this.#largest = segmentsInFlight;
    this.#threshold = Math.max(MIN_SEGMENTS, CUBIC_DECREASE * segmentsInFlight);
    this.segments = 1;
    this.#epochFromMs = Number.NaN;
  }

  #beginEpoch(nowMs: number): void {
    this.#epochFromMs = nowMs;
    this.#largest = Math.max(this.#largest, this.segments);
    this.#returnsAfterSeconds = Math.cbrt((this.#largest - this.segments) / CUBIC_GROWTH);
    this.#renoSegments = this.segments;
  }
}
