/** Measures the quality of a link over recent seconds: its round-trip time, and the share of packets lost on it. */

/**
 * The shortest of this many round trips, about three seconds of them, is taken for that of the path. A busy process can only lengthen a
 * round trip, as happens at both ends while they start.
 */
const COMPARED_RTTS = 8;
/** A check is a single packet and says little. At three per second, this gain averages over ten seconds. */
const CHECK_GAIN = 1 / 32;
/** This many unanswered checks in a row are not loss but an interruption, which is detected elsewhere and has no effect once it is over. */
const INTERRUPTION_CHECKS = 4;
/** The first reports after an interruption still cover packets that were sent during it. */
const REPORTS_OF_INTERRUPTION = 3;
/** A report covers one second of media packets, which says more than a check. */
const MEDIA_GAIN = 1 / 4;
/** This gain is low, because what the present estimate withholds may be due to a false alarm. */
const WITHHELD_GAIN = 1 / 8;
/**
 * When tracks avoid a narrow link, it has nothing left to withhold. The shortage is remembered for minutes so that they do not return
 * immediately.
 */
const FORGET_WITHHELD = 1 / 60;

export class LinkQuality {
  /** The latest round trips as a ring, the newest just before `#nextRtt`. Unused entries are infinite. */
  readonly #rttsMs = new Float64Array(COMPARED_RTTS).fill(Number.POSITIVE_INFINITY);
  #nextRtt = 0;
  #rttMs: number | undefined = undefined;
  #lossRatio = 0;
  #withheldShare = 0;
  #lostInARow = 0;
  #lossBeforeRow = 0;
  #reportsToSkip = 0;

  /** The shortest of the latest round trips in ms; undefined until a check was answered. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Share of wanted packets that did not cross the link at the first try, 0 to 1: lost, or withheld because the link is too narrow. */
  get lossRatio(): number {
    return Math.min(1, Math.max(0, this.#lossRatio) + this.#withheldShare);
  }

  /** Whether so many checks in a row were unanswered that the link is interrupted rather than lossy. */
  get isInterrupted(): boolean {
    return this.#lostInARow >= INTERRUPTION_CHECKS;
  }

  noteAnswered(rttMs: number): void {
    this.#endRow();
    this.#rttsMs[this.#nextRtt] = rttMs;
    this.#nextRtt = (this.#nextRtt + 1) % COMPARED_RTTS;
    this.#rttMs = Math.min(...this.#rttsMs);
    this.#lossRatio -= this.#lossRatio * CHECK_GAIN;
  }

  /** Counts unanswered checks. Either the check or its answer was lost, so half of them count as loss in one direction. */
  noteUnanswered(checks: number): void {
    // Until the peer is reachable, its silence is not loss.
    if (this.#rttMs === undefined) return;
    if (this.#lostInARow === 0) this.#lossBeforeRow = this.#lossRatio;
    this.#lostInARow += checks;
    for (let left = checks; left > 0; left--) this.#lossRatio += (0.5 - this.#lossRatio) * CHECK_GAIN;
  }

  /** Takes the loss of one second. @param lostRatio negative if late packets of the previous second arrived */
  noteMediaLoss(lostRatio: number): void {
    if (this.#reportsToSkip > 0) this.#reportsToSkip--;
    else this.#lossRatio += (lostRatio - this.#lossRatio) * MEDIA_GAIN;
  }

  /** Called once a second with the share of the wanted bitrate that is withheld, because the link cannot carry it. */
  noteWithheld(share: number): void {
    this.#withheldShare += (share - this.#withheldShare) * (share > this.#withheldShare ? WITHHELD_GAIN : FORGET_WITHHELD);
  }

  /** Ends a series of unanswered checks. An interruption says nothing about the loss of a working link, and the path may have changed. */
  #endRow(): void {
    if (this.isInterrupted) {
      this.#rttsMs.fill(Number.POSITIVE_INFINITY);
      this.#lossRatio = this.#lossBeforeRow;
      this.#reportsToSkip = REPORTS_OF_INTERRUPTION;
    }
    this.#lostInARow = 0;
  }
}
