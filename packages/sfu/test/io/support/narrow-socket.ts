import type { Socket } from 'node:dgram';

/**
 * A socket in front of a link that takes as many datagrams as a test says. As libuv does, it keeps
 * a pointer to what it cannot send, and reads the bytes when they leave.
 */
export class NarrowSocket {
  /** Copies of what has left, made at that moment. */
  readonly sent: Buffer[] = [];
  /** How many more datagrams the system takes. */
  room = 0;
  isClosed = false;
  mostKept = 0;
  calls = 0;
  /** What the system says of each datagram, if it takes none. */
  refusal: Error | undefined;
  /** Thrown by the next `send`. */
  throws: Error | undefined;
  readonly #kept: Uint8Array[] = [];

  send(memory: Uint8Array, offset: number, length: number, onResult?: (error: Error | null) => void): void {
    this.calls++;
    if (this.refusal !== undefined) {
      onResult?.(this.refusal);
      return;
    }
    const { throws } = this;
    this.throws = undefined;
    if (throws !== undefined) throw throws;
    const view = memory.subarray(offset, offset + length);
    if (this.#kept.length === 0 && this.room > 0) this.#leave(view);
    else this.#kept.push(view);
    this.mostKept = Math.max(this.mostKept, this.#kept.length);
  }

  getSendQueueCount(): number {
    if (this.isClosed) throw new TypeError('there is no handle');
    return this.#kept.length;
  }

  getSendQueueSize(): number {
    if (this.isClosed) throw new TypeError('there is no handle');
    return this.#kept.reduce((sum, { length }) => sum + length, 0);
  }

  /** The link takes so many more datagrams. */
  open(room: number): void {
    this.room += room;
    while (this.room > 0) {
      const next = this.#kept.shift();
      if (next === undefined) return;
      this.#leave(next);
    }
  }

  asSocket(): Socket {
    return this as unknown as Socket;
  }

  #leave(view: Uint8Array): void {
    this.room--;
    this.sent.push(Buffer.from(view));
  }
}
