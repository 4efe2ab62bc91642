/**
 * Memory for the packets that the histories of one engine keep. It is allocated once and reused. If each packet had a buffer of its own,
 * garbage collection would cost more than forwarding: V8 marks its whole heap whenever buffers have grown by a few megabytes
 * (docs/performance.md).
 */

/** Room for fifty full-size packets. */
export const SLAB_BYTES = 1 << 16;
/** 4 MiB are kept in reserve, however little is in use. */
export const SPARE_SLABS = 64;

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
