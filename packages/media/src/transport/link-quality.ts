/** How good a link is over the last seconds: its round trip, and how much of what is sent over it is lost. */

/**
 * Round trips are compared over this many answers, about three seconds of them. A busy process can only lengthen a round
 * trip, as both ends do while they start, so the shortest of them is that of the path.
 */
const COMPARED_RTTS = 8;
/** A check is one packet of few: each says little. At three a second this looks back over ten seconds. */
const CHECK_GAIN = 1 / 32;
/** So many in a row are no loss but an interruption, which is noticed elsewhere, and over when it is over. */
const INTERRUPTION_CHECKS = 4;
/** The first reports after it still tell of what was sent into it. */
const REPORTS_OF_INTERRUPTION = 3;
/** A second's media packets say more. */
const MEDIA_GAIN = 1 / 4;
/** What a moment's estimate holds back may be a false alarm. */
const WITHHELD_GAIN = 1 / 8;
/** Tracks that have gone round a narrow link leave it with nothing to hold back: it is remembered for minutes, lest they come back at once. */
const FORGET_WITHHELD = 1 / 60;

export class LinkQuality {
  /** The latest answers, the newest in the place before `#nextRtt`; places without one yet are infinite. */
  readonly #rttsMs = new Float64Array(COMPARED_RTTS).fill(Number.POSITIVE_INFINITY);
  #nextRtt = 0;
  #rttMs: number | undefined = undefined;
  #lossRatio = 0;
  #withheldShare = 0;
  #lostInARow = 0;
  #lossBeforeRow = 0;
  #reportsToSkip = 0;

  /** The shortest of the latest round trips; undefined until a check was answered. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Share of what was to cross that did not at the first try, 0 to 1: it was lost, or held back because the link is too narrow. */
  get lossRatio(): number {
    return Math.min(1, Math.max(0, this.#lossRatio) + this.#withheldShare);
  }

  /** So many checks in a row were not answered that the link is not there, rather than bad. */
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

  /** Checks that were not answered: either they were lost or their answers, so half of it is the loss of one way. */
  noteUnanswered(checks: number): void {
    // Until the peer is there, its silence is not loss.
    if (this.#rttMs === undefined) return;
    if (this.#lostInARow === 0) this.#lossBeforeRow = this.#lossRatio;
    this.#lostInARow += checks;
    for (let left = checks; left > 0; left--) this.#lossRatio += (0.5 - this.#lossRatio) * CHECK_GAIN;
  }

  /** @param lostRatio of a second's packets; below zero where more came than were sent, because those of the second before were late */
  noteMediaLoss(lostRatio: number): void {
    if (this.#reportsToSkip > 0) this.#reportsToSkip--;
    else this.#lossRatio += (lostRatio - this.#lossRatio) * MEDIA_GAIN;
  }

  /** Once a second: the share of what is wanted that is not sent, because the link does not carry it. */
  noteWithheld(share: number): void {
    this.#withheldShare += (share - this.#withheldShare) * (share > this.#withheldShare ? WITHHELD_GAIN : FORGET_WITHHELD);
  }

  /** An interruption says nothing about what the link loses when it is there, and the path may be another one afterwards. */
  #endRow(): void {
    if (this.isInterrupted) {
      this.#rttsMs.fill(Number.POSITIVE_INFINITY);
      this.#lossRatio = this.#lossBeforeRow;
      this.#reportsToSkip = REPORTS_OF_INTERRUPTION;
    }
    this.#lostInARow = 0;
  }
}
