/**
 * Carries a run of unwrapped source numbers (sequence numbers, picture ids) over to a run of outgoing ones: a constant shift
 * that closes the gaps of numbers dropped on purpose, and leaves those of numbers that may still come.
 *
 * A number that arrives late gets the place that was left for it. That is why drops are remembered: the shift of a late
 * number is the one in force when it was due.
 */

/** Numbers beyond this gap never come: it is twice as far as anything is asked for again. */
const MAX_GAP = 1000;

export class NumberMap {
  readonly #firstSource: number;
  readonly #firstShift: number;
  #highestSource: number;
  /** Outgoing number less source number, for numbers above the highest. */
  #shift: number;
  /** Made with the first drop: without temporal layers to leave out there never is one. */
  #dropped: DroppedRuns | undefined;

  /** Maps `firstSource` to `firstTarget`. Numbers below it belong to whatever was sent before, and are not mapped. */
  constructor(firstSource: number, firstTarget: number) {
    this.#firstSource = firstSource;
    this.#highestSource = firstSource - 1;
    this.#firstShift = firstTarget - firstSource;
    this.#shift = this.#firstShift;
  }

  /** The highest outgoing number that is taken, or left for a number that may still come; below `firstTarget` if none is. */
  get highestTarget(): number {
    return this.#highestSource + this.#shift;
  }

  /**
   * Maps a number; always to the same one, and no two to the same.
   *
   * @returns undefined if it lies before the first, was dropped, or is so late that its place is forgotten
   */
  map(source: number): number | undefined {
    if (source <= this.#highestSource) return this.#mapLate(source);
    this.#advanceTo(source);
    return source + this.#shift;
  }

  /** Maps a number no higher than those mapped so far, as `map` does; undefined for a higher one. */
  mapLate(source: number): number | undefined {
    return source <= this.#highestSource ? this.#mapLate(source) : undefined;
  }

  /** Leaves a number out: the next one takes its place. @returns false if a higher number is mapped already, and its own place stays empty */
  drop(source: number): boolean {
    if (source <= this.#highestSource) return false;
    this.#advanceTo(source);
    this.#close(source, source);
    return true;
  }

  #advanceTo(source: number): void {
    // A receiver that finds thousands missing asks for them all, and one that finds 32,768 missing loses count of the rollovers
    // (RFC 3711 §3.3.1). One missing number tells it as much.
    if (source - this.#highestSource - 1 > MAX_GAP) this.#close(this.#highestSource + 2, source - 1);
    this.#highestSource = source;
  }

  #close(first: number, last: number): void {
    this.#shift -= last - first + 1;
    this.#dropped ??= new DroppedRuns();
    this.#dropped.add(first, last, this.#shift);
  }

  #mapLate(source: number): number | undefined {
    if (source < this.#firstSource) return undefined;
    if (this.#dropped === undefined) return source + this.#firstShift;
    const shift = this.#dropped.shiftAt(source, this.#firstShift);
    return shift === undefined ? undefined : source + shift;
  }
}

/** How many runs are remembered: dropping every other packet of 500 a second, half a second; of whole frames, many seconds. */
const MAX_RUNS = 128;

/** The latest runs of consecutive numbers that were left out, with the shift in force after each. */
class DroppedRuns {
  readonly #first = new Float64Array(MAX_RUNS);
  readonly #last = new Float64Array(MAX_RUNS);
  readonly #shiftAfter = new Float64Array(MAX_RUNS);
  #count = 0;

  /** Adds numbers above all those before. */
  add(first: number, last: number, shiftAfter: number): void {
    let slot = (this.#count - 1) % MAX_RUNS;
    if (this.#count === 0 || this.#last[slot] !== first - 1) {
      slot = this.#count++ % MAX_RUNS;
      this.#first[slot] = first;
    }
    this.#last[slot] = last;
    this.#shiftAfter[slot] = shiftAfter;
  }

  /**
   * @param firstShift the shift before all runs
   * @returns undefined if the number was left out, or lies before the runs that are remembered
   */
  shiftAt(source: number, firstShift: number): number | undefined {
    const oldest = Math.max(0, this.#count - MAX_RUNS);
    for (let run = this.#count - 1; run >= oldest; run--) {
      const slot = run % MAX_RUNS;
      if (source > this.#last[slot]) return this.#shiftAfter[slot];
      if (source >= this.#first[slot]) return undefined;
    }
    return oldest === 0 ? firstShift : undefined;
  }
}
