/**
 * Which source packet each outgoing sequence number carried, and how often it was sent again. The bytes themselves are kept
 * once, in the history of the source stream.
 */
import type { ExtendedSeq } from '@causeway/wire';

const INITIAL_CAPACITY = 64;
/** Three losses of the same packet in a row on a path with 10 % loss: one in a thousand. Beyond that a keyframe is cheaper. */
const MAX_ANSWERS = 3;
/** A link carries a packet for everybody who watches behind it, so it is sent again as often as the other end asks. */
const MAX_ANSWERS_ON_LINK = 10;
const MIN_SPACING_MS = 20;
const NO_EPOCH = 0;
const SLOT_NUMBERS = 2;
const EPOCH = 1;
/** Below every number. */
const NOTHING_SENT = -1;
/** In the place of a number of answers: sent once, but so late that it may have been asked for while it was on its way. */
const SENT_LATE = 0xff;

export class SentIndex {
  /** Up to here all is in the slots; behind it lies a run of numbers in which each carries its own less `#runShift`, in `#runEpoch`. */
  #settled = NOTHING_SENT;
  #highest = NOTHING_SENT;
  #runShift = 0;
  #runEpoch = NO_EPOCH;
  readonly #maxPackets: number;
  readonly #maxAnswers: number;
  /** Each slot has the source's number and, after it, the epoch; `NO_EPOCH` where nothing was sent. */
  #slots = new Float64Array(INITIAL_CAPACITY * SLOT_NUMBERS);
  #capacity = INITIAL_CAPACITY;
  /** Made with the first answer: most subscribers lose nothing. */
  #answers: Answers | undefined;
  #first = NOTHING_SENT;
  #foundSlot = 0;
  /** The number, in the source stream, of the packet that `find` found. */
  sourceSeq = 0 as ExtendedSeq;
  /** The rewriter's epoch in which the packet that `find` found was sent. */
  epoch = NO_EPOCH;

  /** @param maxPackets how far behind the newest packet one may be asked for; a power of two */
  constructor(maxPackets: number, { isLink = false } = {}) {
    this.#maxPackets = maxPackets;
    this.#maxAnswers = isLink ? MAX_ANSWERS_ON_LINK : MAX_ANSWERS;
  }

  prefetch(): number {
    return this.#highest;
  }

  /** How many slots the ring has now. */
  get capacity(): number {
    this.#settle();
    return this.#capacity;
  }

  /**
   * Notes that `outSeq` is sent now and carries `sourceSeq`, late packets included. As long as one follows the other this writes one number:
   * the slots lie far away, and most packets are never asked for.
   *
   * @param epoch 1 … 65,535
   */
  note(nowMs: number, outSeq: ExtendedSeq, sourceSeq: ExtendedSeq, epoch: number): void {
    if (outSeq === this.#highest + 1 && outSeq - sourceSeq === this.#runShift && epoch === this.#runEpoch) this.#highest = outSeq;
    else this.#noteOutOfLine(nowMs, outSeq, sourceSeq, epoch);
  }

  /** Finds the packet sent as `outSeq`. @returns false, with `sourceSeq` and `epoch` unchanged, if none was or it is too long ago */
  find(outSeq: ExtendedSeq): boolean {
    this.#settle();
    if (!(outSeq <= this.#highest && outSeq > this.#highest - this.#capacity)) return false;
    const slot = this.#slotOf(outSeq);
    const epoch = this.#slots[slot * SLOT_NUMBERS + EPOCH];
    if (epoch === NO_EPOCH) return false;
    this.#foundSlot = slot;
    this.sourceSeq = this.#slots[slot * SLOT_NUMBERS] as ExtendedSeq;
    this.epoch = epoch;
    return true;
  }

  /** Whether the packet found last may be sent again: not too often, and not while the last answer may still be on its way. */
  mayResend(nowMs: number, rttMs: number): boolean {
    const answers = this.#answers;
    if (answers === undefined || answers.count[this.#foundSlot] === 0) return true;
    const count = answers.count[this.#foundSlot];
    if (count >= this.#maxAnswers && count !== SENT_LATE) return false;
    return nowMs - answers.lastAtMs[this.#foundSlot] >= Math.max(rttMs, MIN_SPACING_MS);
  }

  /** The packet found last was sent again as often as may be, in vain: it is asked for once more after the last answer had its time. */
  isGivenUp(nowMs: number, rttMs: number): boolean {
    const answers = this.#answers;
    if (answers === undefined || answers.count[this.#foundSlot] < this.#maxAnswers) return false;
    return nowMs - answers.lastAtMs[this.#foundSlot] >= Math.max(rttMs, MIN_SPACING_MS);
  }

  /** The packet found last is sent again now. */
  noteResent(nowMs: number): void {
    this.#answers ??= new Answers(this.#capacity);
    const { count, lastAtMs } = this.#answers;
    count[this.#foundSlot] = count[this.#foundSlot] === SENT_LATE ? 1 : count[this.#foundSlot] + 1;
    lastAtMs[this.#foundSlot] = nowMs;
  }

  /** The receiver has seen newer ones and asks for this one while it comes: to answer that would be to send it twice. */
  #noteLate(nowMs: number, slot: number): void {
    this.#answers ??= new Answers(this.#capacity);
    this.#answers.count[slot] = SENT_LATE;
    this.#answers.lastAtMs[slot] = nowMs;
  }

  #noteOutOfLine(nowMs: number, outSeq: number, sourceSeq: number, epoch: number): void {
    this.#settle();
    if (outSeq <= this.#highest) {
      if (outSeq <= this.#highest - this.#capacity) return;
      if (outSeq < this.#first) this.#first = outSeq;
      this.#write(outSeq, sourceSeq, epoch);
      this.#noteLate(nowMs, this.#slotOf(outSeq));
      return;
    }
    this.#advanceTo(outSeq);
    this.#write(outSeq, sourceSeq, epoch);
    this.#runShift = outSeq - sourceSeq;
    this.#runEpoch = epoch;
  }

  /** Writes the run into the slots. */
  #settle(): void {
    const settled = this.#settled;
    const highest = this.#highest;
    if (settled === highest) return;
    this.#settled = highest;
    this.#makeRoom(settled, highest);
    for (let seq = Math.max(settled + 1, highest - this.#capacity + 1); seq <= highest; seq++) {
      this.#write(seq, seq - this.#runShift, this.#runEpoch);
    }
  }

  #advanceTo(outSeq: number): void {
    const highest = this.#highest;
    this.#highest = outSeq;
    this.#settled = outSeq;
    if (highest === NOTHING_SENT) {
      this.#first = outSeq;
      return;
    }
    this.#makeRoom(highest, outSeq);
    // Numbers left out, because their packets never came, must not show what was sent a window ago.
    for (let skipped = Math.max(highest + 1, outSeq - this.#capacity); skipped < outSeq; skipped++) {
      this.#slots[this.#slotOf(skipped) * SLOT_NUMBERS + EPOCH] = NO_EPOCH;
    }
  }

  #write(outSeq: number, sourceSeq: number, epoch: number): void {
    const slot = this.#slotOf(outSeq);
    this.#slots[slot * SLOT_NUMBERS] = sourceSeq;
    this.#slots[slot * SLOT_NUMBERS + EPOCH] = epoch;
    if (this.#answers !== undefined) this.#answers.count[slot] = 0;
  }

  /** Grows until all from the first to `upTo` have slots, or there are as many as there may be. @param written the highest that has one */
  #makeRoom(written: number, upTo: number): void {
    while (this.#capacity < this.#maxPackets && upTo - this.#first >= this.#capacity) this.#grow(written);
  }

  #grow(highest: number): void {
    const capacity = this.#capacity;
    const slots = this.#slots;
    const answers = this.#answers;
    this.#capacity = capacity * 2;
    this.#slots = new Float64Array(this.#capacity * SLOT_NUMBERS);
    if (answers !== undefined) this.#answers = new Answers(capacity * 2);
    for (let seq = highest - capacity + 1; seq <= highest; seq++) {
      const from = seq & (capacity - 1);
      const to = this.#slotOf(seq);
      for (let part = 0; part < SLOT_NUMBERS; part++) this.#slots[to * SLOT_NUMBERS + part] = slots[from * SLOT_NUMBERS + part];
      if (answers !== undefined) this.#answers?.copyFrom(answers, from, to);
    }
  }

  #slotOf(outSeq: number): number {
    return outSeq & (this.#capacity - 1);
  }
}

/** How often, and when last, the packet of each slot was sent again. */
class Answers {
  readonly count: Uint8Array;
  readonly lastAtMs: Float64Array;

  constructor(capacity: number) {
    this.count = new Uint8Array(capacity);
    this.lastAtMs = new Float64Array(capacity);
  }

  copyFrom(other: Answers, from: number, to: number): void {
    this.count[to] = other.count[from];
    this.lastAtMs[to] = other.lastAtMs[from];
  }
}
