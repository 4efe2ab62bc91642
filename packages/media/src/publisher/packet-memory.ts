/**
 * Memory for the packets that the histories of one engine keep: taken from the system once, and used again and again. Packets that live
 * for seconds in buffers of their own cost more to collect than to forward: V8 marks its whole heap whenever buffers have grown by a
 * few megabytes (docs/performance.md).
 */

/** Fifty packets of full size. */
export const SLAB_BYTES = 1 << 16;
/** 4 MiB stay for what comes next, however little is in use. */
export const SPARE_SLABS = 64;

/** Packets of all streams in the order in which they came; they are also let go of in about that order. */
export class PacketSlab {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many packets in it are still kept. */
  packets = 0;

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  /** Gives the memory back at once, not when the garbage collector comes to it. */
  free(): void {
    this.bytes.buffer.transfer(0);
  }
}

export class PacketMemory {
  /** Nothing is kept in them. */
  readonly #free: PacketSlab[] = [];
  /** Where packets are put now. */
  #open = new PacketSlab(0);
  #openEnd = 0;
  #slabsInUse = 0;
  /** Where the packet kept last starts in its slab. */
  offset = 0;

  /** Slabs in which something is kept. */
  get slabsInUse(): number {
    return this.#slabsInUse;
  }

  /** Slabs that wait to be used again. */
  get slabsFree(): number {
    return this.#free.length;
  }

  /** Copies a packet in. @returns where it is now, at `offset`; to be given to `release` when it is no longer wanted */
  keep(packet: Uint8Array): PacketSlab {
    if (this.#openEnd + packet.length > this.#open.bytes.length) this.#openNext(packet.length);
    const slab = this.#open;
    this.offset = this.#openEnd;
    slab.bytes.set(packet, this.offset);
    this.#openEnd += packet.length;
    if (slab.packets++ === 0) this.#slabsInUse++;
    return slab;
  }

  /** Lets go of one packet in a slab; which one makes no difference. */
  release(slab: PacketSlab): void {
    if (--slab.packets > 0) return;
    this.#slabsInUse--;
    if (slab === this.#open) this.#openEnd = 0;
    else if (slab.bytes.length === SLAB_BYTES) this.#free.push(slab);
    // What a burst has taken goes back to the system after it.
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
