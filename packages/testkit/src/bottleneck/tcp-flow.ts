/**
 * A TCP connection that shares a bottleneck with media: slow start, congestion avoidance, fast retransmit with selective acknowledgements
 * and the retransmission timeout, with the window of Reno or CUBIC.
 *
 * @see RFC 5681, RFC 6675 (loss recovery with SACK), RFC 6298 (timeout)
 */
import type { Bottleneck } from './bottleneck.ts';
import { type CongestionWindow, openWindow, type TcpKind } from './congestion-window.ts';
import type { Simulation } from './simulation.ts';

const SEGMENT_BYTES = 1460;
const SEGMENT_ON_WIRE_BYTES = 1500;
/** A segment is lost once this many later ones are acknowledged (RFC 5681 §3.2). */
const DUPLICATE_THRESHOLD = 3;
const MIN_TIMEOUT_MS = 200;
const INITIAL_TIMEOUT_MS = 1000;
const MAX_TIMEOUT_MS = 60_000;

export interface TcpFlowOptions {
  readonly simulation: Pick<Simulation, 'nowMs' | 'at'>;
  /** Default: `reno`. */
  readonly kind?: TcpKind;
  /** The shared path that its segments take. */
  readonly forward: Pick<Bottleneck, 'take'>;
  /** The delay of acknowledgements, none of which is lost. */
  readonly ackDelayMs: number;
  /** The size of the transfer. Default: unlimited (a greedy flow). */
  readonly sizeBytes?: number;
  /** Called once, when all of it has been acknowledged. */
  readonly onFinished?: () => void;
}

interface Segment {
  readonly number: number;
  /** The number of the transmission; unacknowledged segments sent before an acknowledged one may be lost. */
  readonly order: number;
  readonly sentAtMs: number;
}

export class TcpFlow {
  readonly #options: TcpFlowOptions;
  readonly #segments: number;
  /** Segments in flight, in the order of sending. */
  readonly #inFlight = new Map<number, Segment>();
  readonly #acknowledged = new Set<number>();
  #toResend: number[] = [];
  #next = 0;
  #order = 0;
  readonly #window: CongestionWindow;
  /** Losses of segments sent before this belong to the loss event for which the window was already halved. */
  #recoveryFromOrder = 0;
  #smoothedRttMs: number | undefined = undefined;
  #rttVariationMs = 0;
  #timeoutMs = INITIAL_TIMEOUT_MS;
  #lastProgressMs = 0;
  #isWatching = false;
  #isStopped = false;
  /** Delivered payload, without duplicates. */
  bytesDelivered = 0;

  /** Starts sending at once. */
  constructor(options: TcpFlowOptions) {
    this.#options = options;
    this.#window = openWindow(options.kind ?? 'reno');
    this.#segments = Math.ceil((options.sizeBytes ?? Number.POSITIVE_INFINITY) / SEGMENT_BYTES);
    this.#lastProgressMs = options.simulation.nowMs;
    this.#send();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  #send(): void {
    while (!this.#isStopped && this.#inFlight.size < Math.floor(this.#window.segments)) {
      const number = this.#toResend.shift() ?? (this.#next < this.#segments ? this.#next++ : undefined);
      if (number === undefined) return;
      this.#transmit(number);
    }
  }

  #transmit(number: number): void {
    const { simulation, forward, ackDelayMs } = this.#options;
    const segment: Segment = { number, order: this.#order++, sentAtMs: simulation.nowMs };
    this.#inFlight.set(number, segment);
    const [arrivesMs] = forward.take(simulation.nowMs, SEGMENT_ON_WIRE_BYTES);
    if (arrivesMs !== undefined) simulation.at(arrivesMs + ackDelayMs, () => this.#acknowledge(segment));
    this.#watch();
  }

  #acknowledge(segment: Segment): void {
    const { number, sentAtMs, order } = segment;
    const { nowMs } = this.#options.simulation;
    this.#measureRtt(nowMs - sentAtMs);
    this.#lastProgressMs = nowMs;
    if (!this.#acknowledged.has(number)) {
      this.#acknowledged.add(number);
      this.bytesDelivered += SEGMENT_BYTES;
      this.#toResend = this.#toResend.filter((waiting) => waiting !== number);
      if (order >= this.#recoveryFromOrder) this.#window.widen(nowMs, this.#smoothedRttMs ?? 0);
    }
    this.#inFlight.delete(number);
    this.#findLost(order);
    this.#send();
    if (this.#acknowledged.size !== this.#segments || this.#isStopped) return;
    this.#isStopped = true;
    this.#options.onFinished?.();
  }

  #findLost(acknowledgedOrder: number): void {
    for (const { number, order } of this.#inFlight.values()) {
      if (order > acknowledgedOrder - DUPLICATE_THRESHOLD) break;
      this.#inFlight.delete(number);
      this.#toResend.push(number);
      if (order < this.#recoveryFromOrder) continue;
      this.#window.narrow();
      this.#recoveryFromOrder = this.#order;
    }
  }

  /** Updates the retransmission timeout (RFC 6298 §2). */
  #measureRtt(rttMs: number): void {
    if (this.#smoothedRttMs === undefined) {
      this.#smoothedRttMs = rttMs;
      this.#rttVariationMs = rttMs / 2;
    } else {
      this.#rttVariationMs += (Math.abs(rttMs - this.#smoothedRttMs) - this.#rttVariationMs) / 4;
      this.#smoothedRttMs += (rttMs - this.#smoothedRttMs) / 8;
    }
    this.#timeoutMs = Math.max(MIN_TIMEOUT_MS, this.#smoothedRttMs + 4 * this.#rttVariationMs);
  }

  /** Keeps one timer running while anything is in flight. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { simulation } = this.#options;
    simulation.at(this.#lastProgressMs + this.#timeoutMs, () => {
      this.#isWatching = false;
      if (this.#inFlight.size === 0 || this.#isStopped) return;
      if (simulation.nowMs >= this.#lastProgressMs + this.#timeoutMs) this.#timeOut();
      this.#watch();
    });
  }

  #timeOut(): void {
    this.#window.collapse(this.#inFlight.size);
    this.#recoveryFromOrder = this.#order;
    this.#toResend = [...this.#inFlight.keys(), ...this.#toResend];
    this.#inFlight.clear();
    this.#timeoutMs = Math.min(MAX_TIMEOUT_MS, this.#timeoutMs * 2);
    this.#lastProgressMs = this.#options.simulation.nowMs;
    this.#send();
  }
}
