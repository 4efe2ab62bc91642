export interface AlarmLevels {
  /** Raised once the value has been above this … */
  readonly raiseAbove: number;
  /** … so many times in a row, … */
  readonly raiseAfter: number;
  /** … and cleared once it has been below this … */
  readonly clearBelow: number;
  /** … so many times in a row. */
  readonly clearAfter: number;
}

/** A yes or no that is made of noisy values and does not flutter: it takes more to clear it than to keep it from being raised. */
export class Alarm {
  readonly #levels: AlarmLevels;
  #isRaised = false;
  /** How many values in a row spoke against the present state. */
  #streak = 0;

  constructor(levels: AlarmLevels) {
    this.#levels = levels;
  }

  get isRaised(): boolean {
    return this.#isRaised;
  }

  note(value: number): void {
    const { raiseAbove, raiseAfter, clearBelow, clearAfter } = this.#levels;
    const speaksAgainst = this.#isRaised ? value < clearBelow : value > raiseAbove;
    this.#streak = speaksAgainst ? this.#streak + 1 : 0;
    if (this.#streak < (this.#isRaised ? clearAfter : raiseAfter)) return;
    this.#isRaised = !this.#isRaised;
    this.#streak = 0;
  }
}
