/**
 * Records which source packet each outgoing sequence number carried, and how often it was retransmitted. The bytes are kept only once, in
 * the source's history.
 */
import type { ExtendedSeq } from '@causeway/wire';

const INITIAL_CAPACITY = 64;
/** On a path with 10 % loss, one packet in a thousand is lost three times in a row. Beyond that, a keyframe is cheaper. */
const MAX_ANSWERS = 3;
/** On a link, one packet serves every subscriber behind it, so it is retransmitted more often. */
const MAX_ANSWERS_ON_LINK = 10;
const MIN_SPACING_MS = 20;
const NO_EPOCH = 0;
const NO_SLOTS = new Float64Array(0);
const SLOT_NUMBERS = 2;
const EPOCH = 1;
/** Lower than any sequence number. */
const NOTHING_SENT = -1;
/** Stored instead of a retransmission count: the packet was sent once, but so late that a NACK for it may already have been on its way. */
const SENT_LATE = 0xff;

export class SentIndex {
  /**
   * Numbers up to this one are in the slots. Above it is a run of numbers, sent in `#runEpoch`, for each of which the source number is
   * lower by `#runShift`.
   */
  #settled = NOTHING_SENT;
  #highest = NOTHING_SENT;
  #runShift = 0;
  #runEpoch = NO_EPOCH;
  readonly #maxPackets: number;
  readonly #maxAnswers: number;
  /**
   * Two numbers per slot: the source's sequence number and the epoch, which is `NO_EPOCH` if nothing was sent. Created when a packet is
   * asked for or the run ends, since many subscribers lose nothing and stay with one source.
   */
  #slots = NO_SLOTS;
  #capacity = INITIAL_CAPACITY;
  /** Created with the first retransmission, since most subscribers lose nothing. */
  #answers: Answers | undefined;
  #first = NOTHING_SENT;
  #foundSlot = 0;
  /** Sequence number, in the source stream, of the packet that `find` found. */
  sourceSeq = 0 as ExtendedSeq;
  /** The rewriter's epoch in which that packet was sent. */
  epoch = NO_EPOCH;

  /** @param maxPackets how far behind the newest packet a NACK may reach; a power of two */
  constructor(maxPackets: number, { isLink = false } = {}) {
    this.#maxPackets = maxPackets;
    this.#maxAnswers = isLink ? MAX_ANSWERS_ON_LINK : MAX_ANSWERS;
  }

  prefetch(): number {
    return this.#highest;
  }

  /** Number of slots in the ring. */
  get capacity(): number {
    this.#settle();
    return this.#capacity;
  }

  /**
   * Records that `outSeq` is sent now and carries `sourceSeq`, late packets included. While packets are consecutive this writes a single
   * number, because the slots are rarely in the cache and most packets are never requested again.
   *
   * @param epoch 1 … 65,535
   */
  note(nowMs: number, outSeq: ExtendedSeq, sourceSeq: ExtendedSeq, epoch: number): void {
    if (outSeq === this.#highest + 1 && outSeq - sourceSeq === this.#runShift && epoch === this.#runEpoch) this.#highest = outSeq;
    else this.#noteOutOfLine(nowMs, outSeq, sourceSeq, epoch);
  }

  /** Finds the packet sent as `outSeq`. @returns false if none was or it was too long ago; `sourceSeq` and `epoch` are then unchanged */
  find(outSeq: ExtendedSeq): boolean {
    this.#settle();
    if (this.#slots.length === 0 || !(outSeq <= this.#highest && outSeq > this.#highest - this.#capacity)) return false;
    const slot = this.#slotOf(outSeq);
    const epoch = this.#slots[slot * SLOT_NUMBERS + EPOCH];
    if (epoch === NO_EPOCH) return false;
    this.#foundSlot = slot;
    this.sourceSeq = this.#slots[slot * SLOT_NUMBERS] as ExtendedSeq;
    this.epoch = epoch;
    return true;
  }

  /**
   * Whether the packet found last may be retransmitted. It may not if the limit is reached, or if the previous retransmission may still be
   * on its way.
   */
  mayResend(nowMs: number, rttMs: number): boolean {
    const answers = this.#answers;
    if (answers === undefined || answers.count[this.#foundSlot] === 0) return true;
    const count = answers.count[this.#foundSlot];
    if (count >= this.#maxAnswers && count !== SENT_LATE) return false;
    return nowMs - answers.lastAtMs[this.#foundSlot] >= Math.max(rttMs, MIN_SPACING_MS);
  }

  /**
   * Whether the packet found last was sent as often as allowed and is still missing, now that the last retransmission has had time to
   * arrive.
   */
  isGivenUp(nowMs: number, rttMs: number): boolean {
    const answers = this.#answers;
    if (answers === undefined || answers.count[this.#foundSlot] < this.#maxAnswers) return false;
    return nowMs - answers.lastAtMs[this.#foundSlot] >= Math.max(rttMs, MIN_SPACING_MS);
  }

  /** Records that the packet found last is retransmitted now. */
  noteResent(nowMs: number): void {
    this.#answers ??= new Answers(this.#capacity);
    const { count, lastAtMs } = this.#answers;
    count[this.#foundSlot] = count[this.#foundSlot] === SENT_LATE ? 1 : count[this.#foundSlot] + 1;
    lastAtMs[this.#foundSlot] = nowMs;
  }

  /**
   * Marks a packet that is sent late. The receiver has seen newer packets and may request this one while it is on its way; answering that
   * NACK would send it twice.
   */
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
    this.#runShift = outSeq - sourceSeq;
    this.#runEpoch = epoch;
    // This packet begins the run, and is written with it.
    this.#settled = outSeq - 1;
  }

  /** Writes the current run into the slots. */
  #settle(): void {
    const settled = this.#settled;
    const highest = this.#highest;
    if (settled === highest) return;
    this.#settled = highest;
    if (this.#slots.length === 0) this.#slots = new Float64Array(this.#capacity * SLOT_NUMBERS);
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
    // Skipped numbers, whose packets never arrived, must not find a packet from a full ring ago.
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

  /**
   * Grows the ring until it spans everything from the first packet to `upTo`, or has its maximum size.
   *
   * @param written the highest number in the slots
   */
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

/** How often the packet in each slot was retransmitted, and when last. */
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
