/**
 * Compares what a receiver reports about a stream with what was counted of it for the bill. Both run over the same time, so what is in flight
 * at its ends is all that may differ, beside what the receiver gets wrong.
 */
import type { ReportBlock } from '@causeway/wire';

/** What the counts of a subscription and the reports of its receiver say about each other. */
export type ReportVerdict = 'unjudged' | 'agrees' | 'deviates';

/** The counters of a stream, which never fall by more than a few packets that the system refused. */
interface SentPackets {
  readonly packetsSent: number;
  readonly packetsResent: number;
}

interface Moment {
  readonly highest: number;
  readonly lost: number;
  readonly sent: number;
  readonly resent: number;
}

/** Fewer packets are not judged: what is in flight would weigh too much. */
const LEAST_PACKETS = 10_000;
/** Packets may differ by this share, and by what a fast stream has in flight. */
const TOLERATED_SHARE = 0.005;
const IN_FLIGHT_PACKETS = 100;

export class ReportedNumbers {
  #first: Moment | undefined;
  #last: Moment | undefined;

  /** @param report of the receiver, just arrived */
  note({ extendedHighestSeq, cumulativeLost }: ReportBlock, { packetsSent, packetsResent }: SentPackets): void {
    // While nothing arrives, the numbers stand still and say nothing about what is sent.
    if (extendedHighestSeq === this.#last?.highest) return;
    const now = { highest: extendedHighestSeq, lost: cumulativeLost, sent: packetsSent, resent: packetsResent };
    // A receiver that starts again, as after a change of its media line, numbers from the beginning.
    if (this.#first === undefined || now.highest < (this.#last?.highest ?? 0)) this.#first = now;
    this.#last = now;
  }

  get verdict(): ReportVerdict {
    if (this.#first === undefined || this.#last === undefined) return 'unjudged';
    const sent = this.#last.sent - this.#first.sent;
    if (sent < LEAST_PACKETS) return 'unjudged';
    const tolerated = sent * TOLERATED_SHARE + IN_FLIGHT_PACKETS;
    const numbered = this.#last.highest - this.#first.highest;
    const received = numbered - (this.#last.lost - this.#first.lost);
    // More is counted than was numbered; gaps in the numbers of what the publisher lost are no contradiction.
    if (sent > numbered + tolerated) return 'deviates';
    // More arrived than is counted. Without RTX, repetitions arrive under the same numbers.
    const resent = this.#last.resent - this.#first.resent;
    return received > sent + resent + tolerated ? 'deviates' : 'agrees';
  }
}
