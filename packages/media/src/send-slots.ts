import type { PacketArena } from './secure-endpoint.ts';

/**
 * The arena's ring of slots, as the engine takes them. Packets wait in their slots until they are sent, and a ring that came round to one of
 * those would send one peer's bytes to another. So everything that waits is sent before half of the ring has been taken since it was last
 * empty, whoever took the slots and whether or not a packet came of them.
 */
export class SendSlots implements PacketArena {
  readonly bytes: Uint8Array;
  readonly slotSizeBytes: number;
  readonly slotCount: number;
  readonly #arena: PacketArena;
  readonly #sendWaiting: () => void;
  readonly #mostTaken: number;
  #taken = 0;

  /** @param sendWaiting sends every packet that waits in a slot; must not take one */
  constructor(arena: PacketArena, sendWaiting: () => void) {
    this.#arena = arena;
    this.bytes = arena.bytes;
    this.slotSizeBytes = arena.slotSizeBytes;
    this.slotCount = arena.slotCount;
    this.#mostTaken = arena.slotCount >> 1;
    this.#sendWaiting = sendWaiting;
  }

  takeSlot(): number {
    if (this.#taken === this.#mostTaken) this.flush();
    this.#taken++;
    return this.#arena.takeSlot();
  }

  /** Sends every packet that waits. */
  flush(): void {
    this.#taken = 0;
    this.#sendWaiting();
  }
}
