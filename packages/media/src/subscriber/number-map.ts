/**
 * Maps unwrapped source numbers (sequence numbers, picture ids) to outgoing ones by a shift. Numbers that are dropped on purpose leave no
 * gap; numbers that may still arrive keep their place.
 *
 * A number that arrives late is given the place that was left for it. To find that place, the map remembers what was dropped: the shift of
 * a late number is the one that applied when it was due.
 */

/** A gap larger than this is never filled. It is twice as far back as packets are requested again. */
const MAX_GAP = 1000;

export class NumberMap {
  readonly #firstSource: number;
  readonly #firstShift: number;
  #highestSource: number;
  /** Outgoing number minus source number, for numbers above the highest. */
  #shift: number;
  /** Created with the first drop. A stream without temporal layers never drops any. */
  #dropped: DroppedRuns | undefined;

  /** Maps `firstSource` to `firstTarget`. Lower numbers belong to the previous source, and are not mapped. */
  constructor(firstSource: number, firstTarget: number) {
    this.#firstSource = firstSource;
    this.#highestSource = firstSource - 1;
    this.#firstShift = firstTarget - firstSource;
    this.#shift = this.#firstShift;
  }

  /** The highest outgoing number that is used or reserved for a number that may still arrive; below `firstTarget` if there is none. */
  get highestTarget(): number {
    return this.#highestSource + this.#shift;
  }

  /**
   * Maps a number. The same number always has the same result, and no two numbers share one.
   *
   * @returns undefined if the number is lower than the first, was dropped, or is so late that its place is no longer known
   */
  map(source: number): number | undefined {
    if (source <= this.#highestSource) return this.#mapLate(source);
    this.#advanceTo(source);
    return source + this.#shift;
  }

  /** Maps a number as `map` does, but only if it is not higher than all mapped so far; otherwise undefined. */
  mapLate(source: number): number | undefined {
    return source <= this.#highestSource ? this.#mapLate(source) : undefined;
  }

  /**
   * Drops a number, so that the next one takes its place.
   *
   * @returns false if a higher number has been mapped: the dropped one leaves a gap
   */
  drop(source: number): boolean {
    if (source <= this.#highestSource) return false;
    this.#advanceTo(source);
    this.#close(source, source);
    return true;
  }

  #advanceTo(source: number): void {
    // A receiver that sees thousands of numbers missing requests them all, and one that sees 32,768 missing loses count of the rollovers
    // (RFC 3711 §3.3.1). A gap of one number signals the loss just as well.
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

/**
 * Number of runs that are kept. If every other one of 500 packets per second is dropped, they span half a second; if whole frames are
 * dropped, many seconds.
 */
const MAX_RUNS = 128;

/** The most recent runs of consecutive dropped numbers, each with the shift that applies after it. */
class DroppedRuns {
  readonly #first = new Float64Array(MAX_RUNS);
  readonly #last = new Float64Array(MAX_RUNS);
  readonly #shiftAfter = new Float64Array(MAX_RUNS);
  #count = 0;

  /** Adds a run of numbers that are higher than all added before. */
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
   * Finds the shift that applied when a number was due.
   *
   * @param firstShift the shift before all runs
   * @returns undefined if the number was dropped, or precedes the runs that are kept
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
