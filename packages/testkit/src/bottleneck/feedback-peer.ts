/**
 * The far end of a media flow: notes when each packet arrives and reports it as browsers do, in transport-wide feedback.
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
  /** Takes each RTCP packet; the bytes are its own. */
  readonly sendFeedback: (rtcp: Uint8Array) => void;
  readonly intervalMs?: number;
  /** Its clock minus that of the simulation. */
  readonly clockOffsetMs?: number;
}

export class FeedbackPeer {
  readonly #options: FeedbackPeerOptions;
  readonly #writer = new TransportFeedbackWriter(MAX_FEEDBACK_BYTES);
  /** Arrival by sequence number of what was not reported yet. */
  readonly #arrivals = new Map<number, number>();
  /** Undefined before the first packet, whatever number that has. */
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
      // One that came after all is reported again, from its own place on.
      this.#writer.begin(Math.min(this.#nextToReport ?? first, first) as ExtendedSeq, firstArrivalMs);
      let added = 0;
      for (const [sequence, arrivalMs] of pending) {
        if (!this.#writer.add(sequence as ExtendedSeq, arrivalMs)) break;
        added++;
      }
      // Too far from the last number reported for one packet: those between are given up.
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
