/** The arena of outgoing packets: a ring of slots in the kernel's memory. */
import type { PacketArena } from '@causeway/media';
import { SLOT_SIZE_BYTES, type SrtpMemory } from './srtp-memory.ts';

export class SlotRing implements PacketArena {
  readonly bytes: Uint8Array;
  readonly slotSizeBytes = SLOT_SIZE_BYTES;
  readonly slotCount: number;
  #next = 0;

  constructor(memory: SrtpMemory) {
    this.slotCount = memory.options.arenaSlots;
    this.bytes = memory.bytes.subarray(memory.arenaAt, memory.arenaAt + this.slotCount * SLOT_SIZE_BYTES);
  }

  takeSlot(): number {
    const slot = this.#next;
    this.#next = slot + 1 === this.slotCount ? 0 : slot + 1;
    return slot * SLOT_SIZE_BYTES;
  }
}
