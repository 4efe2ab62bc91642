export interface AlarmLevels {
  /** Raised once the value has been above this */
  readonly raiseAbove: number;
  /** for this many samples in a row. */
  readonly raiseAfter: number;
  /** Cleared once the value has been below this */
  readonly clearBelow: number;
  /** for this many samples in a row. */
  readonly clearAfter: number;
}

/** Turns noisy values into a stable yes or no: clearing the alarm takes lower values than not raising it. */
export class Alarm {
  readonly #levels: AlarmLevels;
  #isRaised = false;
  /** The number of consecutive values that contradict the present state. */
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
