/**
 * Limits how much of an event loop turn is spent on clients that are still joining. A step of a DTLS handshake takes as
 * long as forwarding a hundred packets; when many clients join at once, the packets of connected ones would otherwise
 * wait behind all of them.
 */
import { classifyDatagram, type Path } from '@causeway/media';

/** Time for public-key cryptography in one turn, which jitter buffers absorb. */
const QUOTA_MS = 4;
/** A second of work. A client that gets no reply retransmits its flight (RFC 6347 §4.2.4). */
const MAX_WAITING = 512;

export interface HandshakeTurnsOptions {
  readonly nowMs: () => number;
  /** Carries out one step. */
  readonly handle: (path: Path, datagram: Uint8Array) => void;
  /** A datagram was dropped for lack of room. */
  readonly onOverflow: () => void;
}

interface WaitingStep {
  readonly path: Path;
  readonly datagram: Uint8Array;
}

export class HandshakeTurns {
  readonly #options: HandshakeTurnsOptions;
  #waiting: WaitingStep[] = [];
  #spentMs = 0;

  constructor(options: HandshakeTurnsOptions) {
    this.#options = options;
  }

  /** The number of steps that wait for a later turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Handles a handshake datagram at once if this turn has time for it and no other waits; otherwise in a later turn. */
  receive(path: Path, datagram: Uint8Array): void {
    if (this.#waiting.length === 0 && this.#spentMs < QUOTA_MS) this.#handle(path, datagram);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ path, datagram });
    else this.#options.onOverflow();
  }

  /** A new turn has begun; waiting datagrams are handled first. */
  beginTurn(): void {
    this.#spentMs = 0;
    let handled = 0;
    for (const { path, datagram } of this.#waiting) {
      if (this.#spentMs >= QUOTA_MS) break;
      this.#handle(path, datagram);
      handled++;
    }
    if (handled > 0) this.#waiting = this.#waiting.slice(handled);
  }

  #handle(path: Path, datagram: Uint8Array): void {
    const startedMs = this.#options.nowMs();
    this.#options.handle(path, datagram);
    this.#spentMs += this.#options.nowMs() - startedMs;
  }
}

/** Whether a datagram belongs to a handshake, and not to an established connection. */
export function isHandshake({ transport }: Path, datagram: Uint8Array): boolean {
  return transport !== undefined && !transport.isSecure && classifyDatagram(datagram) === 'dtls';
}
