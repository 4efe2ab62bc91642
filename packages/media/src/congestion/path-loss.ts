/**
 * How much of what was sent to a peer its path has lost, by its own transport-wide feedback: never mixed with what the publisher's path
 * lost, as receiver reports are.
 */

/** As often as receiver reports come, whose place it takes. */
const WINDOW_MS = 1000;
/** Fewer packets say nothing about a share. */
const MIN_PACKETS = 10;
/** A window without a word from the peer. */
const SILENT_AFTER_MS = 5000;

export class PathLoss {
  #windowFromMs = Number.NEGATIVE_INFINITY;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #received = 0;
  #lost = 0;
  #ratio: number | undefined = undefined;

  /** Takes what a report has decided. */
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
