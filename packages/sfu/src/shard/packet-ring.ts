/**
 * Packets on their way from one thread to another, in memory that both see: one side writes, the other reads, neither
 * waits. What does not fit is not accepted, so a stalled reader costs its writer nothing (docs/adr/0008).
 */

/** Where the two sides keep what they must agree on, as 32-bit words. Positions count bytes and wrap at 2^32. */
const WRITTEN = 0;
const READ = 1;
const IS_ASLEEP = 2;
/** Each word in a cache line of its own, so that the threads do not take them from each other. */
const WORD_STRIDE = 16;
const CONTROL_BYTES = 4 * WORD_STRIDE * 3;

/** Before each packet: its length, or that the rest of the memory is left out because the packet did not fit before its end. */
const LENGTH_BYTES = 4;
const LEFT_OUT = 0xffff_ffff;

/** @param capacityBytes a power of two */
export function createRingMemory(capacityBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + capacityBytes);
}

/** The words that both sides share, and the packets' bytes. */
class RingView {
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly lengths: Uint32Array<SharedArrayBuffer>;
  readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES >> 2);
    this.bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.lengths = new Uint32Array(memory, CONTROL_BYTES);
    this.mask = this.bytes.length - 1;
  }
}

/** The writing side; there is one. */
export class PacketRingWriter {
  readonly #view: RingView;
  #written = 0;
  #isPublished = true;

  /** @param memory of `createRingMemory`, in which nothing was written yet */
  constructor(memory: SharedArrayBuffer) {
    this.#view = new RingView(memory);
  }

  /** Copies a packet in. @returns false if there is no room for it */
  write(bytes: Uint8Array, offset: number, length: number): boolean {
    const { bytes: target, lengths, control, mask } = this.#view;
    const sizeBytes = frameSize(length);
    const position = this.#written & mask;
    const untilEnd = target.length - position;
    const leftOut = sizeBytes > untilEnd ? untilEnd : 0;
    const unreadBytes = (this.#written - Atomics.load(control, READ * WORD_STRIDE)) >>> 0;
    if (unreadBytes + leftOut + sizeBytes > target.length) return false;
    if (leftOut > 0) lengths[position >> 2] = LEFT_OUT;
    const start = leftOut > 0 ? 0 : position;
    lengths[start >> 2] = length;
    target.set(bytes.subarray(offset, offset + length), start + LENGTH_BYTES);
    this.#written = (this.#written + leftOut + sizeBytes) >>> 0;
    this.#isPublished = false;
    return true;
  }

  /** Lets the reader see what was written. @returns whether it sleeps and must be woken */
  publish(): boolean {
    if (this.#isPublished) return false;
    this.#isPublished = true;
    const { control } = this.#view;
    Atomics.store(control, WRITTEN * WORD_STRIDE, this.#written | 0);
    return Atomics.exchange(control, IS_ASLEEP * WORD_STRIDE, 0) === 1;
  }
}

/** The reading side; there is one. */
export class PacketRingReader {
  readonly #view: RingView;
  readonly #lends: boolean;
  #read = 0;
  /** For packets that are lent: the same for all. */
  #lent = Buffer.alloc(0);

  /**
   * @param lends whether packets are on loan until the next one is taken: allocating and freeing memory for each costs
   * more than the crossing
   */
  constructor(memory: SharedArrayBuffer, lends: boolean) {
    this.#view = new RingView(memory);
    this.#lends = lends;
  }

  /**
   * Takes packets out.
   *
   * @param take gets a copy of each, its own or on loan
   * @param maxPackets how many at most; the others stay
   * @returns how many were taken
   */
  drain(take: (packet: Buffer) => void, maxPackets: number): number {
    const { control } = this.#view;
    const written = Atomics.load(control, WRITTEN * WORD_STRIDE) >>> 0;
    let taken = 0;
    while (taken < maxPackets && this.#read !== written) taken += this.#takeRun(take, written, maxPackets - taken);
    Atomics.store(control, READ * WORD_STRIDE, this.#read | 0);
    return taken;
  }

  /** Says that this side waits to be woken. @returns false if there is something to read, so that it will not be woken */
  sleep(): boolean {
    const { control } = this.#view;
    Atomics.store(control, IS_ASLEEP * WORD_STRIDE, 1);
    if (Atomics.load(control, WRITTEN * WORD_STRIDE) >>> 0 === this.#read) return true;
    // Either we take the word back, or the writer has seen it and wakes us.
    return Atomics.exchange(control, IS_ASLEEP * WORD_STRIDE, 0) === 0;
  }

  /** Takes adjacent packets out of one copy of all of them. */
  #takeRun(take: (packet: Buffer) => void, written: number, maxPackets: number): number {
    const { bytes, lengths, mask } = this.#view;
    const start = this.#read & mask;
    const unreadEnd = start + ((written - this.#read) >>> 0);
    let end = start;
    let count = 0;
    while (count < maxPackets && end < unreadEnd && end < bytes.length && lengths[end >> 2] !== LEFT_OUT) {
      end += frameSize(lengths[end >> 2] ?? 0);
      count++;
    }
    const isEndLeftOut = count < maxPackets && end < unreadEnd && end < bytes.length;
    this.#read = (this.#read + (isEndLeftOut ? bytes.length : end) - start) >>> 0;
    const copy = this.#memoryFor(end - start);
    copy.set(bytes.subarray(start, end));
    for (let position = start; position < end; ) {
      // The writer may not use this room yet: `drain` releases it at its end.
      const length = lengths[position >> 2] ?? 0;
      const packetStart = position - start + LENGTH_BYTES;
      take(copy.subarray(packetStart, packetStart + length));
      position += frameSize(length);
    }
    return count;
  }

  #memoryFor(runBytes: number): Buffer {
    if (!this.#lends) return Buffer.allocUnsafeSlow(runBytes);
    if (this.#lent.length < runBytes) this.#lent = Buffer.allocUnsafeSlow(2 * runBytes);
    return this.#lent;
  }
}

function frameSize(length: number): number {
  return LENGTH_BYTES + ((length + 3) & ~3);
}
