/**
 * The receiver of a media flow. It records when packets arrive, and reports that in transport-wide feedback as browsers do.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { type ExtendedSeq, TransportFeedbackWriter } from '@causeway/wire';
import type { Simulation } from './simulation.ts';

const MAX_FEEDBACK_BYTES = 1100;
const DEFAULT_INTERVAL_MS = 100;
const SENDER_SSRC = 1;
const MEDIA_SSRC = 2;

export interface FeedbackPeerOptions {
  readonly simulation: Pick<Simulation, 'nowMs' | 'every'>;
  /** Receives and owns each RTCP packet. */
  readonly sendFeedback: (rtcp: Uint8Array) => void;
  readonly intervalMs?: number;
  /** The offset of its clock from that of the simulation. */
  readonly clockOffsetMs?: number;
}

export class FeedbackPeer {
  readonly #options: FeedbackPeerOptions;
  readonly #writer = new TransportFeedbackWriter(MAX_FEEDBACK_BYTES);
  /** Arrival times of unreported packets, by sequence number. */
  readonly #arrivals = new Map<number, number>();
  /** Undefined before the first packet. */
  #nextToReport: number | undefined = undefined;
  #feedbackCount = 0;
  bytesReceived = 0;
  packetsReceived = 0;

  constructor(options: FeedbackPeerOptions) {
    this.#options = options;
    options.simulation.every(options.intervalMs ?? DEFAULT_INTERVAL_MS, () => this.#report());
  }

  /** @param sequence the transport-wide number, unwrapped */
  receive(sequence: number, sizeBytes: number): void {
    this.bytesReceived += sizeBytes;
    this.packetsReceived++;
    this.#arrivals.set(sequence, this.#options.simulation.nowMs + (this.#options.clockOffsetMs ?? 0));
  }

  #report(): undefined {
    const pending = [...this.#arrivals].sort(([a], [b]) => a - b);
    this.#arrivals.clear();
    while (pending.length > 0) {
      const [[first, firstArrivalMs]] = pending as [[number, number]];
      // Reports restart at a packet that arrived late.
      this.#writer.begin(Math.min(this.#nextToReport ?? first, first) as ExtendedSeq, firstArrivalMs);
      let added = 0;
      for (const [sequence, arrivalMs] of pending) {
        if (!this.#writer.add(sequence as ExtendedSeq, arrivalMs)) break;
        added++;
      }
      // The gap is too large for one packet, so the numbers in it are skipped.
      if (added === 0) this.#nextToReport = first;
      else this.#emit();
      pending.splice(0, added);
    }
  }

  #emit(): void {
    this.#nextToReport = Math.max(this.#nextToReport ?? 0, this.#writer.nextSeq);
    const out = new Uint8Array(MAX_FEEDBACK_BYTES + 100);
    const end = this.#writer.write(out, 0, SENDER_SSRC, MEDIA_SSRC, this.#feedbackCount++ & 0xff);
    this.#options.sendFeedback(out.subarray(0, end));
  }
}
