/**
 * Packets in transit between two threads, in shared memory. One side writes, the other reads, and neither waits.
 * Packets that do not fit are refused, so a stalled reader costs its writer nothing (docs/adr/0008).
 */

/** Indexes of the words by which the two sides agree. Positions count bytes and wrap at 2^32. */
const WRITTEN = 0;
const READ = 1;
const IS_ASLEEP = 2;
/** Each word has its own cache line, so that the threads do not compete for them. */
const WORD_STRIDE = 16;
const CONTROL_BYTES = 4 * WORD_STRIDE * 3;

/** Precedes each packet: its length, or a mark that the rest of the memory is unused because the packet did not fit there. */
const LENGTH_BYTES = 4;
const LEFT_OUT = 0xffff_ffff;

/** @param capacityBytes a power of two */
export function createRingMemory(capacityBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + capacityBytes);
}

/** The control words that both sides share, and the packets' bytes. */
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

/** The writing side; a ring has one. */
export class PacketRingWriter {
  readonly #view: RingView;
  #written = 0;
  #isPublished = true;

  /** @param memory from `createRingMemory`, unused so far */
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

  /** Publishes what was written to the reader. @returns whether the reader sleeps and must be woken */
  publish(): boolean {
    if (this.#isPublished) return false;
    this.#isPublished = true;
    const { control } = this.#view;
    Atomics.store(control, WRITTEN * WORD_STRIDE, this.#written | 0);
    return Atomics.exchange(control, IS_ASLEEP * WORD_STRIDE, 0) === 1;
  }
}

/** The reading side; a ring has one. */
export class PacketRingReader {
  readonly #view: RingView;
  readonly #lends: boolean;
  #read = 0;
  /** The buffer for packets that are lent, which is reused. */
  #lent = Buffer.alloc(0);

  /**
   * @param lends whether a packet is valid only until the next one is read; allocating and freeing memory for each
   * costs more than the crossing
   */
  constructor(memory: SharedArrayBuffer, lends: boolean) {
    this.#view = new RingView(memory);
    this.#lends = lends;
  }

  /**
   * Reads packets.
   *
   * @param take receives a copy of each packet, its own or lent
   * @param maxPackets the most packets to read; the rest stays
   * @returns the number of packets read
   */
  drain(take: (packet: Buffer) => void, maxPackets: number): number {
    const { control } = this.#view;
    const written = Atomics.load(control, WRITTEN * WORD_STRIDE) >>> 0;
    let taken = 0;
    while (taken < maxPackets && this.#read !== written) taken += this.#takeRun(take, written, maxPackets - taken);
    Atomics.store(control, READ * WORD_STRIDE, this.#read | 0);
    return taken;
  }

  /** Announces that this side waits to be woken. @returns false if there is something to read, so that it will not be woken */
  sleep(): boolean {
    const { control } = this.#view;
    Atomics.store(control, IS_ASLEEP * WORD_STRIDE, 1);
    if (Atomics.load(control, WRITTEN * WORD_STRIDE) >>> 0 === this.#read) return true;
    // Either this side resets the word, or the writer has seen it and wakes this side.
    return Atomics.exchange(control, IS_ASLEEP * WORD_STRIDE, 0) === 0;
  }

  /** Reads adjacent packets from one copy of all of them. */
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
      // The writer may not reuse this space yet, because `drain` releases it at its end.
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
