/**
 * The loss of a receiver's path from its reports about one stream, for receivers that send no better feedback. Receivers also report what
 * the publisher lost as lost; but those numbers were never sent, so they can be told apart.
 *
 * @see RFC 3550 §6.4.1
 */
import type { ReportBlock } from '@causeway/wire';

/** Four seconds of sound. What is in flight when a report arrives weighs little among as many packets. */
const LEAST_PACKETS = 200;

interface Moment {
  readonly highest: number;
  readonly lost: number;
  readonly sent: number;
}

export class ReportedPathLoss {
  #before: Moment | undefined = undefined;
  /** Share of the sent packets that the path lost, 0 to 1; undefined before enough of them were reported on. */
  ratio: number | undefined = undefined;

  /**
   * Takes a report that has just arrived.
   *
   * @param packetsSent total of the stream so far
   */
  note({ extendedHighestSeq, cumulativeLost }: ReportBlock, packetsSent: number): void {
    const before = this.#before;
    const now = { highest: extendedHighestSeq, lost: cumulativeLost, sent: packetsSent };
    if (before === undefined || now.highest < before.highest || now.sent < before.sent) {
      this.#before = now;
      return;
    }
    const sent = now.sent - before.sent;
    // While nothing arrives, the numbers stand still and say nothing about what is sent.
    if (sent < LEAST_PACKETS || now.highest === before.highest) return;
    const unsent = Math.max(0, now.highest - before.highest - sent);
    this.ratio = Math.max(0, Math.min(1, (now.lost - before.lost - unsent) / sent));
    this.#before = now;
  }
}
