/**
 * Makes one continuous outgoing stream from the sources that a subscriber is switched between: sequence numbers without gaps except for
 * lost packets, and timestamps that advance with the wall clock.
 *
 * No outgoing number is ever given to two different packets. Receivers would discard the second, and SRTP would encrypt both with the same
 * keystream.
 *
 * @see RFC 3550 §5.1, RFC 3711 §9.1
 */
import { compactNumber, type ExtendedSeq, timestampDistance } from '@causeway/wire';

/** A gap larger than this is never filled. It is twice as far back as packets are requested again. */
const MAX_GAP = 1000;
/** Number of epochs from which packets can still be retransmitted. Switches wait for keyframes, so they span seconds. */
const MAX_EPOCHS = 4;
const MAX_EPOCH_ID = 0xffff;

/**
 * Maps unwrapped source numbers (sequence numbers, picture ids) to outgoing ones by a shift. Numbers that are dropped on purpose leave no
 * gap; numbers that may still arrive keep their place.
 *
 * A number that arrives late is given the place that was left for it. To find that place, the map remembers what was dropped: the shift of
 * a late number is the one that applied when it was due.
 */
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

/** Ten seconds of video. Packets are kept for two of them, so none can be later than this. */
const MAX_LATE_TICKS = 900_000;

/**
 * Whether a packet comes after the one with the timestamp `newest`. If its own is much lower, the clock has gone half round without a
 * packet, or the publisher has set it back.
 */
export function isNewerTimestamp(newest: number, timestamp: number): boolean {
  const distance = timestampDistance(newest, timestamp);
  return distance > 0 || distance < -MAX_LATE_TICKS;
}

/**
 * The time during which one source is forwarded, and the map of its sequence numbers. This is a single object because it is read for every
 * packet.
 */
class Epoch<Source> extends NumberMap {
  readonly id: number;
  readonly source: Source;
  /** Outgoing timestamp minus source timestamp, as a signed number. */
  readonly timestampShift: number;
  /** Places timestamps that are older than what was sent before the epoch; undefined in most epochs. */
  readonly catchUp: CatchUp | undefined;

  constructor(id: number, source: Source, firstSourceSeq: number, firstSeq: number, timestampShift: number, catchUp: CatchUp | undefined) {
    super(firstSourceSeq, firstSeq);
    this.id = id;
    this.source = source;
    this.timestampShift = timestampShift;
    this.catchUp = catchUp;
  }

  /** Maps a timestamp of the source. @returns the outgoing one, as a signed number */
  timestampOf(sourceTimestamp: number): number {
    const timestamp = (sourceTimestamp + this.timestampShift) | 0;
    return this.catchUp === undefined ? timestamp : this.catchUp.place(timestamp);
  }
}

export class SequenceRewriter<Source> {
  /**
   * The current epoch; undefined before the first switch. It is kept apart from the earlier ones because nearly every packet belongs to it.
   */
  #current: Epoch<Source> | undefined = undefined;
  /** The most recent epochs before the current one, newest last. */
  #earlier: readonly Epoch<Source>[] = [];
  #highestSeq: number;
  /** Stored as a signed number; `OutgoingStream` explains why. */
  #highestTimestamp: number | undefined = undefined;
  /** When the packet with the highest timestamp was sent, in whole milliseconds. */
  #highestTimestampAtMs = 0;

  /** @param firstSeq sequence number of the first packet to be sent */
  constructor(firstSeq: number) {
    this.#highestSeq = firstSeq - 1;
  }

  /** Id of the current epoch, 1 … 65,535; 0 before the first switch. */
  get epoch(): number {
    return this.#current?.id ?? 0;
  }

  prefetch(): number {
    const current = this.#current;
    return current === undefined ? 0 : current.id ^ current.highestTarget;
  }

  /** The highest number sent or reserved for a packet that may still arrive; undefined before the first. */
  get highest(): ExtendedSeq | undefined {
    return this.#current === undefined ? undefined : (this.#current.highestTarget as ExtendedSeq);
  }

  /**
   * Starts an epoch in which `source` is forwarded, from the given packet on. The first epoch keeps the source's timestamps. In later ones,
   * timestamps continue from the highest one sent, plus the time that has passed since.
   */
  switchSource(nowMs: number, source: Source, firstSourceSeq: ExtendedSeq, firstSourceTimestamp: number, clockRateHz: number): void {
    this.#startEpoch(source, firstSourceSeq, this.#timestampShift(nowMs, firstSourceTimestamp, clockRateHz));
  }

  /**
   * Like `switchSource`, but starts with a packet from the history, which may be older than the newest packet sent. Packets that are newer
   * than that keep their distance in time from it; older ones get timestamps right after it.
   *
   * @param newest the newest packet of the source: when it arrived, and its timestamp
   */
  switchToKept(
    nowMs: number,
    source: Source,
    firstSourceSeq: ExtendedSeq,
    firstSourceTimestamp: number,
    newest: { readonly atMs: number; readonly timestamp: number },
    clockRateHz: number,
  ): void {
    const highest = this.#highestTimestamp;
    if (highest === undefined) {
      this.switchSource(nowMs, source, firstSourceSeq, firstSourceTimestamp, clockRateHz);
      return;
    }
    const sinceTicks = Math.round(((newest.atMs - this.#highestTimestampAtMs) * clockRateHz) / 1000);
    const shift = (highest + sinceTicks - newest.timestamp) | 0;
    const first = (firstSourceTimestamp + shift) | 0;
    // After hours without a packet, the distance of the two outgoing timestamps would have come round.
    const overtakenTicks = timestampDistance(firstSourceTimestamp, newest.timestamp) - sinceTicks;
    this.#startEpoch(source, firstSourceSeq, shift, overtakenTicks < 0 ? undefined : new CatchUp(first, overtakenTicks));
  }

  /** Starts an epoch with another copy of the current source. Its packet `firstSourceSeq` follows the newest packet sent. */
  continueWith(source: Source, firstSourceSeq: ExtendedSeq): void {
    this.#startEpoch(source, firstSourceSeq, this.#current?.timestampShift ?? 0, this.#current?.catchUp);
  }

  /**
   * Maps a packet of the current source to its outgoing number, which is always the same.
   *
   * @returns undefined if the packet is older than the first of the epoch, was dropped, or is so late that its place is no longer known
   */
  map(nowMs: number, sourceSeq: ExtendedSeq, sourceTimestamp: number): ExtendedSeq | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    const outSeq = current.map(sourceSeq);
    if (outSeq === undefined) return undefined;
    const timestamp = current.timestampOf(sourceTimestamp);
    if (this.#highestTimestamp === undefined || isNewerTimestamp(this.#highestTimestamp, timestamp)) {
      this.#highestTimestamp = timestamp;
      this.#highestTimestampAtMs = compactNumber(Math.round(nowMs));
    }
    return outSeq as ExtendedSeq;
  }

  /**
   * Maps a packet of an earlier epoch to the outgoing number that was reserved for it.
   *
   * @returns undefined if none was reserved, or the epoch is no longer kept
   */
  mapLate(epoch: number, sourceSeq: ExtendedSeq): ExtendedSeq | undefined {
    return this.#find(epoch)?.mapLate(sourceSeq) as ExtendedSeq | undefined;
  }

  /** Drops a packet of the current source. @returns false if a newer packet has been mapped: the receiver sees a gap */
  drop(sourceSeq: ExtendedSeq): boolean {
    return this.#current?.drop(sourceSeq) ?? true;
  }

  /** The source that was forwarded in an epoch; undefined if the epoch is no longer kept. */
  sourceOf(epoch: number): Source | undefined {
    return this.#find(epoch)?.source;
  }

  /** Maps a timestamp of an epoch's source to the outgoing one. @returns 0 if the epoch is no longer kept, which `sourceOf` reveals */
  mapTimestamp(sourceTimestamp: number, epoch: number = this.epoch): number {
    const found = this.#find(epoch);
    return found === undefined ? 0 : found.timestampOf(sourceTimestamp) >>> 0;
  }

  #startEpoch(source: Source, firstSourceSeq: ExtendedSeq, timestampShift: number, catchUp?: CatchUp): void {
    const current = this.#current;
    if (current !== undefined) this.#highestSeq = current.highestTarget;
    const id = ((current?.id ?? 0) % MAX_EPOCH_ID) + 1;
    if (current !== undefined) this.#earlier = [...this.#earlier.slice(2 - MAX_EPOCHS), current];
    this.#current = new Epoch(id, source, firstSourceSeq, this.#highestSeq + 1, timestampShift, catchUp);
  }

  #find(id: number): Epoch<Source> | undefined {
    return this.#current?.id === id ? this.#current : this.#earlier.find((epoch) => epoch.id === id);
  }

  #timestampShift(nowMs: number, firstSourceTimestamp: number, clockRateHz: number): number {
    if (this.#highestTimestamp === undefined) return 0;
    const elapsedTicks = Math.round(((nowMs - this.#highestTimestampAtMs) * clockRateHz) / 1000);
    // The step is at least one tick, or the new source's first frame would look like part of the old one's last.
    return (this.#highestTimestamp + Math.max(1, elapsedTicks) - firstSourceTimestamp) | 0;
  }
}

/** Less than 4 ms at 90 kHz, so that a screen shows only the last of these frames. */
const CATCH_UP_TICKS = 300;
const HALF_A_CLOCK_TICKS = 2 ** 31;

/**
 * Places the timestamps of frames that are older than the newest frame sent of another layer. They are sent only because newer frames
 * depend on them, so they follow within a few milliseconds of media time. Newer frames keep their capture times.
 */
export class CatchUp {
  readonly #firstTimestamp: number;
  readonly #overtakenTicks: number;
  /** Timestamps up to this far after the first one are placed. */
  #windowTicks: number;

  /**
   * @param firstTimestamp of the oldest frame by its capture time, as a signed number
   * @param overtakenTicks by how much the highest timestamp sent is ahead of that, at least 0
   */
  constructor(firstTimestamp: number, overtakenTicks: number) {
    this.#firstTimestamp = firstTimestamp;
    this.#overtakenTicks = overtakenTicks;
    this.#windowTicks = overtakenTicks + CATCH_UP_TICKS;
  }

  /** @param timestamp of a frame by its capture time. @returns its timestamp in the outgoing stream, as a signed number */
  place(timestamp: number): number {
    const ticks = (timestamp - this.#firstTimestamp) >>> 0;
    if (ticks >= this.#windowTicks) {
      // Timestamps wrap around after 13 hours, and then belong to other frames.
      if (ticks > HALF_A_CLOCK_TICKS) this.#windowTicks = 0;
      return timestamp;
    }
    const placed = 1 + Math.floor((ticks * (CATCH_UP_TICKS - 1)) / this.#windowTicks);
    return (this.#firstTimestamp + this.#overtakenTicks + placed) | 0;
  }
}
