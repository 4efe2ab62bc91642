import type { Path, SendKind } from './demux/path.ts';
import type { PacketArena } from './secure-endpoint.ts';

/**
 * Takes slots of the arena's ring for the engine. Packets wait in their slots until a flush. If the ring came round to such a slot, one
 * peer's bytes would be sent to another. Everything that waits is therefore sent once half of the ring has been taken since the last flush,
 * whether or not the slots hold packets.
 */
export class SendSlots implements PacketArena {
  readonly bytes: Uint8Array;
  readonly slotSizeBytes: number;
  readonly slotCount: number;
  readonly #arena: PacketArena;
  readonly #sendWaiting: () => void;
  readonly #mostTaken: number;
  #taken = 0;

  /** @param sendWaiting sends every packet that waits in a slot, and takes no slots */
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

/** An outbox for datagrams that need no protection. */
export interface ReadyOutbox {
  addDatagram(path: Path, bytes: Uint8Array): void;
  addSealed(path: Path, offset: number, length: number, kind: SendKind): void;
}

/**
 * Sends a STUN message or a DTLS record as it is. It is copied into a slot, because datagrams in the arena are sent together in one system
 * call. A datagram longer than a slot is sent on its own.
 */
export function sendReady(
  { slots, outbox }: { readonly slots: PacketArena; readonly outbox: ReadyOutbox },
  path: Path,
  datagram: Uint8Array,
  kind: SendKind,
): void {
  if (datagram.length > slots.slotSizeBytes) {
    outbox.addDatagram(path, datagram);
    return;
  }
  const offset = slots.takeSlot();
  slots.bytes.set(datagram, offset);
  outbox.addSealed(path, offset, datagram.length, kind);
}
