/**
 * Keeps the packets of one receive stream for as long as a subscriber may request them again, in memory that all streams of an engine
 * share. There is one copy of each packet, however many subscribers there are.
 */
import type { ExtendedSeq } from '@causeway/wire';
import type { MediaKind } from '../plan.ts';

export interface PacketHistoryOptions {
  /** How far the history reaches behind the newest packet, in sequence numbers. */
  readonly maxPackets: number;
  /** How long a packet can be found after its arrival. */
  readonly maxAgeMs: number;
}

/** What a subscriber on a long path can still use; mediasoup keeps the same. Audio is played out sooner than video. */
export const PACKET_HISTORY_DEFAULTS: Readonly<Record<MediaKind, PacketHistoryOptions>> = {
  video: { maxPackets: 2500, maxAgeMs: 2000 },
  audio: { maxPackets: 500, maxAgeMs: 1000 },
};

const INITIAL_CAPACITY = 64;
/** Room for fifty full-size packets. */
export const SLAB_BYTES = 1 << 16;
/** 4 MiB are kept in reserve, however little is in use. */
export const SPARE_SLABS = 64;

/**
 * A ring indexed by sequence number. It starts small and doubles when the packets that it must keep no longer fit.
 *
 * Sequence numbers outlive the bytes in their slots, so the history also detects duplicates: within reach of the newest packet, every
 * number is known to have arrived or not; below that, it is too old.
 */
export class PacketHistory {
  readonly #maxPackets: number;
  readonly #maxAgeMs: number;
  /** Undefined once the stream is closed. The remaining packets are then in a slab of their own. */
  #memory: PacketMemory | undefined;
  /** The slab that holds the packet of each slot; undefined where none is kept. */
  #slabs!: (PacketSlab | undefined)[];
  #offsets!: Uint32Array;
  /** NaN where no packet was ever kept. */
  #seqs!: Float64Array;
  #lengths!: Uint16Array;
  #arrivedAtMs!: Float64Array;
  #highest = Number.NaN;
  /** No packet below this number is kept. A missing packet is treated as if it were as young as the next one that arrived. */
  #oldest = Number.NaN;
  /** Whether packets below this number arrived is no longer known. */
  #knownFrom = Number.NEGATIVE_INFINITY;

  constructor(memory: PacketMemory, options: PacketHistoryOptions) {
    this.#memory = memory;
    this.#maxPackets = options.maxPackets;
    this.#maxAgeMs = options.maxAgeMs;
    this.#allocate(INITIAL_CAPACITY);
  }

  /** Number of slots in the ring. */
  get capacity(): number {
    return this.#slabs.length;
  }

  /**
   * Stores a copy of a packet.
   *
   * @param bytes decrypted; may be longer than the packet
   * @param length of the packet, which starts at the first byte
   * @returns false if the packet is a duplicate, or too old to tell; it must then not be forwarded
   */
  insert(nowMs: number, seq: ExtendedSeq, bytes: Uint8Array, length: number): boolean {
    if (Number.isNaN(this.#highest)) this.#start(seq);
    else if (seq > this.#highest) this.#advanceTo(nowMs, seq);
    else if (this.#isTooOld(seq) || this.has(seq)) return false;
    else if (seq < this.#oldest) this.#oldest = seq;

    const slot = this.#slotOf(seq);
    this.#release(slot);
    if (this.#memory !== undefined) {
      this.#slabs[slot] = this.#memory.keep(bytes);
      this.#offsets[slot] = this.#memory.offset;
    }
    this.#seqs[slot] = seq;
    this.#lengths[slot] = length;
    this.#arrivedAtMs[slot] = nowMs;
    return true;
  }

  /** Whether the packet arrived, even if its bytes are gone. Numbers out of reach count as missing. */
  has(seq: ExtendedSeq): boolean {
    return this.#seqs[this.#slotOf(seq)] === seq;
  }

  /** @returns the packet, on loan until the engine returns; undefined if it was lost, is too old or was released */
  find(nowMs: number, seq: ExtendedSeq): Uint8Array | undefined {
    const slot = this.#slotOf(seq);
    if (this.#seqs[slot] !== seq || nowMs - this.#arrivedAtMs[slot] > this.#maxAgeMs) return undefined;
    const start = this.#offsets[slot];
    return this.#slabs[slot]?.bytes.subarray(start, start + this.#lengths[slot]);
  }

  /** Length of a packet that `find` returns. */
  lengthOf(seq: ExtendedSeq): number {
    return this.#lengths[this.#slotOf(seq)];
  }

  /** Counts the packets that are kept and their bytes. Visits every slot. */
  measure(): { readonly packets: number; readonly bytes: number } {
    let packets = 0;
    let bytes = 0;
    for (let slot = 0; slot < this.capacity; slot++) {
      if (this.#slabs[slot] === undefined) continue;
      packets++;
      bytes += this.#lengths[slot];
    }
    return { packets, bytes };
  }

  /** Releases packets that can no longer be found. Call it regularly, because a stream that pauses inserts nothing. */
  releaseBefore(nowMs: number): void {
    const horizonMs = nowMs - this.#maxAgeMs;
    for (let seq = this.#oldest; seq <= this.#highest; seq++) {
      const slot = this.#slotOf(seq);
      if (this.#seqs[slot] !== seq) continue;
      if (this.#arrivedAtMs[slot] >= horizonMs) return;
      this.#release(slot);
      this.#oldest = seq + 1;
    }
  }

  /** Ends the history. Packets that subscribers may still request move to separate memory, which is collected together with the history. */
  close(nowMs: number): void {
    this.releaseBefore(nowMs);
    const memory = this.#memory;
    const own = new PacketSlab(this.measure().bytes);
    this.#memory = undefined;
    let end = 0;
    for (let slot = 0; slot < this.capacity; slot++) {
      const slab = this.#slabs[slot];
      if (slab === undefined) continue;
      const start = this.#offsets[slot];
      own.bytes.set(slab.bytes.subarray(start, start + this.#lengths[slot]), end);
      this.#slabs[slot] = own;
      this.#offsets[slot] = end;
      end += this.#lengths[slot];
      memory?.release(slab);
    }
  }

  #start(seq: number): void {
    this.#highest = seq;
    this.#oldest = seq;
  }

  #advanceTo(nowMs: number, seq: number): void {
    if (seq - this.#oldest >= this.capacity) this.#makeRoom(nowMs, seq);
    this.#highest = seq;
    this.#releaseBelow(seq - this.#maxPackets + 1);
  }

  /**
   * Grows the ring, unless releasing old packets frees a quarter of it; that much makes the scan for old packets worthwhile. Missing
   * packets just below `seq` do not age out here, because they may still be repaired.
   */
  #makeRoom(nowMs: number, seq: number): void {
    this.releaseBefore(nowMs);
    const needed = Math.min(seq - this.#oldest + 1, this.#maxPackets);
    let capacity = this.capacity;
    while (capacity < this.#maxPackets && needed > capacity - (capacity >> 2)) capacity *= 2;
    if (capacity > this.capacity) this.#resize(capacity);
  }

  #releaseBelow(seq: number): void {
    const end = Math.min(seq, this.#highest);
    // After a jump of more than the whole ring, every slot is visited once rather than every number.
    for (let old = Math.max(this.#oldest, end - this.capacity); old < end; old++) this.#release(this.#slotOf(old));
    if (this.#oldest < seq) this.#oldest = seq;
  }

  #release(slot: number): void {
    const slab = this.#slabs[slot];
    if (slab === undefined) return;
    this.#slabs[slot] = undefined;
    this.#memory?.release(slab);
  }

  #resize(capacity: number): void {
    const slabs = this.#slabs;
    const offsets = this.#offsets;
    const seqs = this.#seqs;
    const lengths = this.#lengths;
    const arrivedAtMs = this.#arrivedAtMs;
    // Numbers that the small ring no longer knew must not count as new in the larger one.
    this.#knownFrom = this.#highest - slabs.length + 1;
    this.#allocate(capacity);
    for (let old = 0; old < slabs.length; old++) {
      // This slot belongs to a packet that was released.
      if (!(seqs[old] >= this.#knownFrom)) continue;
      const slot = this.#slotOf(seqs[old]);
      this.#slabs[slot] = slabs[old];
      this.#offsets[slot] = offsets[old];
      this.#seqs[slot] = seqs[old];
      this.#lengths[slot] = lengths[old];
      this.#arrivedAtMs[slot] = arrivedAtMs[old];
    }
  }

  #allocate(capacity: number): void {
    this.#slabs = new Array<PacketSlab | undefined>(capacity).fill(undefined);
    this.#offsets = new Uint32Array(capacity);
    this.#seqs = new Float64Array(capacity).fill(Number.NaN);
    this.#lengths = new Uint16Array(capacity);
    this.#arrivedAtMs = new Float64Array(capacity);
  }

  #isTooOld(seq: number): boolean {
    return seq < this.#knownFrom || seq <= this.#highest - Math.min(this.capacity, this.#maxPackets);
  }

  /** The capacity is a power of two. `&` keeps the low bits even of negative numbers and of those beyond 32 bits. */
  #slotOf(seq: number): number {
    return seq & (this.#slabs.length - 1);
  }
}

/** Holds packets of all streams in order of arrival. They are released in about the same order. */
export class PacketSlab {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many of its packets are still kept. */
  packets = 0;

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  /** Returns the memory immediately, without waiting for the garbage collector. */
  free(): void {
    this.bytes.buffer.transfer(0);
  }
}

/**
 * Memory for the packets that the histories of one engine keep. It is allocated once and reused. If each packet had a buffer of its own,
 * garbage collection would cost more than forwarding: V8 marks its whole heap whenever buffers have grown by a few megabytes
 * (docs/performance.md).
 */
export class PacketMemory {
  /** Nothing is kept in them. */
  readonly #free: PacketSlab[] = [];
  /** The slab that new packets are written to. */
  #open = new PacketSlab(0);
  #openEnd = 0;
  #slabsInUse = 0;
  /** Where the last stored packet starts in its slab. */
  offset = 0;

  /** Number of slabs with packets that are still kept. */
  get slabsInUse(): number {
    return this.#slabsInUse;
  }

  /** Number of empty slabs. */
  get slabsFree(): number {
    return this.#free.length;
  }

  /**
   * Copies a packet into memory.
   *
   * @returns its slab, where it starts at `offset`; pass it to `release` when the packet is no longer needed
   */
  keep(packet: Uint8Array): PacketSlab {
    if (this.#openEnd + packet.length > this.#open.bytes.length) this.#openNext(packet.length);
    const slab = this.#open;
    this.offset = this.#openEnd;
    slab.bytes.set(packet, this.offset);
    this.#openEnd += packet.length;
    if (slab.packets++ === 0) this.#slabsInUse++;
    return slab;
  }

  /** Releases one packet in a slab. Slabs only count their packets, so it does not matter which. */
  release(slab: PacketSlab): void {
    if (--slab.packets > 0) return;
    this.#slabsInUse--;
    if (slab === this.#open) this.#openEnd = 0;
    else if (slab.bytes.length === SLAB_BYTES) this.#free.push(slab);
    // After a burst, surplus memory is returned to the system.
    while (this.#free.length > Math.max(SPARE_SLABS, this.#slabsInUse)) this.#free.pop()?.free();
  }

  #openNext(packetBytes: number): void {
    const full = this.#open;
    if (full.packets === 0 && full.bytes.length === SLAB_BYTES) this.#free.push(full);
    const isLarge = packetBytes > SLAB_BYTES;
    this.#open = (isLarge ? undefined : this.#free.pop()) ?? new PacketSlab(Math.max(SLAB_BYTES, packetBytes));
    this.#openEnd = 0;
  }
}
