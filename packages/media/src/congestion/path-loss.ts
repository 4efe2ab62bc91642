/**
 * The share of packets that the path to a peer has lost, by the peer's transport-wide feedback. Unlike receiver reports, it never includes
 * losses on the publisher's path.
 */

/** The interval of receiver reports, which this replaces. */
const WINDOW_MS = 1000;
/** With fewer packets, the share is meaningless. */
const MIN_PACKETS = 10;
/** The result expires if the peer sends no feedback for this long. */
const SILENT_AFTER_MS = 5000;

export class PathLoss {
  #windowFromMs = Number.NEGATIVE_INFINITY;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #received = 0;
  #lost = 0;
  #ratio: number | undefined = undefined;

  /** Takes the result of a report. */
  note(nowMs: number, received: number, lost: number): void {
    this.#heardAtMs = nowMs;
    this.#received += received;
    this.#lost += lost;
    const packets = this.#received + this.#lost;
    if (nowMs - this.#windowFromMs < WINDOW_MS || packets < MIN_PACKETS) return;
    this.#ratio = this.#lost / packets;
    this.#windowFromMs = nowMs;
    this.#received = 0;
    this.#lost = 0;
  }

  /** Loss of the last second, 0 to 1; undefined while there is no feedback. */
  ratio(nowMs: number): number | undefined {
    return nowMs - this.#heardAtMs > SILENT_AFTER_MS ? undefined : this.#ratio;
  }
}
