/**
 * The packets of one receive stream, kept for as long as a subscriber may still ask for one again: one copy of each, whatever the number of
 * subscribers.
 */
import type { ExtendedSeq } from '@causeway/wire';
import type { MediaKind } from '../plan.ts';
import { type PacketMemory, PacketSlab } from './packet-memory.ts';

export interface PacketHistoryOptions {
  /** How far behind the newest packet the history reaches, in sequence numbers. */
  readonly maxPackets: number;
  /** How long a packet can be found after it arrived. */
  readonly maxAgeMs: number;
}

/** What a subscriber behind a long path can still use (the figures mediasoup keeps): audio is played out sooner. */
export const PACKET_HISTORY_DEFAULTS: Readonly<Record<MediaKind, PacketHistoryOptions>> = {
  video: { maxPackets: 2500, maxAgeMs: 2000 },
  audio: { maxPackets: 500, maxAgeMs: 1000 },
};

const INITIAL_CAPACITY = 64;

/**
 * A ring indexed by sequence number that starts small and doubles while the packets it must keep need it to.
 *
 * Sequence numbers outlive the bytes in their slots, so the history also tells duplicates: everything within reach of the
 * newest packet is either known or new, everything below is too old.
 */
export class PacketHistory {
  readonly #maxPackets: number;
  readonly #maxAgeMs: number;
  /** Undefined once the stream is closed: what is kept then lies in a slab of its own. */
  #memory: PacketMemory | undefined;
  /** Where the packet of a slot lies; undefined where none is kept. */
  #slabs!: (PacketSlab | undefined)[];
  #offsets!: Uint32Array;
  /** NaN where no packet was ever kept. */
  #seqs!: Float64Array;
  #lengths!: Uint16Array;
  #arrivedAtMs!: Float64Array;
  #highest = Number.NaN;
  /** Nothing below is kept; a number that is missing counts as being as young as the packet after it. */
  #oldest = Number.NaN;
  /** Whether packets below arrived is forgotten. */
  #knownFrom = Number.NEGATIVE_INFINITY;

  constructor(memory: PacketMemory, options: PacketHistoryOptions) {
    this.#memory = memory;
    this.#maxPackets = options.maxPackets;
    this.#maxAgeMs = options.maxAgeMs;
    this.#allocate(INITIAL_CAPACITY);
  }

  /** How many slots the ring has now. */
  get capacity(): number {
    return this.#slabs.length;
  }

  /**
   * Keeps a copy of a packet.
   *
   * @param bytes decrypted; may be longer than the packet
   * @param length of the packet itself, which starts at the first byte
   * @returns false if the packet was here already or is too old to tell; it must not be forwarded then
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

  /** Whether the packet arrived, its bytes still kept or not. Unknown for numbers out of reach, hence false. */
  has(seq: ExtendedSeq): boolean {
    return this.#seqs[this.#slotOf(seq)] === seq;
  }

  /** @returns the packet, on loan until the engine returns; undefined if lost, too old or released */
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

  /** How many packets are kept, and how many bytes they have; looks at every slot. */
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

  /** Lets go of the bytes that can no longer be found. To be called now and then: a stream that pauses inserts nothing. */
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

  /**
   * Ends the history. Packets that its subscribers may still ask for move to memory of their own, which is collected together with the
   * history.
   */
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
   * Grows unless letting aged packets go frees a quarter of the ring, so that the scan for them is paid for by the packets
   * that fit afterwards. Packets missing just below `seq` never age out here: they may yet be repaired.
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
    // A jump of more than the whole ring visits every slot once, not every number.
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
    // What the small ring had forgotten, the larger one must not take for new.
    this.#knownFrom = this.#highest - slabs.length + 1;
    this.#allocate(capacity);
    for (let old = 0; old < slabs.length; old++) {
      // A slot below is of a packet that was let go of.
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

  /** Capacity is a power of two; `&` keeps the low bits of numbers beyond 32 bits and of negative ones alike. */
  #slotOf(seq: number): number {
    return seq & (this.#slabs.length - 1);
  }
}
