/** Decides when the SFU initiates the SCTP association with a peer, if the peer does not. */

export interface AssociationStartOptions {
  /** Whether the association may be initiated before `allow` is called. Default: true. */
  readonly mayBegin?: boolean;
  /** Whether to wait for the first channel of either end, as links do, which need no association before. Default: false. */
  readonly waitsForChannel?: boolean;
  /** Whether the peer is known to have finished the DTLS handshake. Default: it has. */
  readonly hasPeerFinished?: () => boolean;
}

/**
 * How long a peer that can initiate the association may take before the SFU does it. Other stacks double their wait with every lost INIT,
 * up to minutes. This one does not, so a lossy path no longer keeps a page waiting for its channel. The wait is longer than the second
 * after which a DTLS client repeats a lost last flight of its handshake.
 */
const PATIENCE_MS = 1_500;
/** The longest time that a channel opened here waits for a peer that may still be in its DTLS handshake. */
const MAX_HANDSHAKE_WAIT_MS = 500;

export class AssociationStart {
  /** When to initiate the association; Infinity while there is no reason to. */
  atMs = Number.POSITIVE_INFINITY;
  readonly #options: AssociationStartOptions;
  #isAllowed: boolean;

  constructor(options: AssociationStartOptions) {
    this.#options = options;
    this.#isAllowed = options.mayBegin ?? true;
  }

  /** Allows the SFU to initiate the association, now that the peer is known to have data channels and packets reach it. */
  allow(nowMs: number): void {
    this.#isAllowed = true;
    if (this.#options.waitsForChannel !== true) this.#setAt(nowMs + PATIENCE_MS);
  }

  /**
   * Initiates the association soon, because a channel waits. The INIT must still not overtake the end of the DTLS handshake, which may have
   * been lost: werift treats an early INIT as a defect and terminates its process.
   */
  hurry(nowMs: number): void {
    if (!this.#isAllowed) return;
    this.#setAt(this.#options.hasPeerFinished?.() === false ? nowMs + MAX_HANDSHAKE_WAIT_MS : nowMs);
  }

  /** Stops waiting, because there is an association or one is being set up. */
  cancel(): void {
    this.atMs = Number.POSITIVE_INFINITY;
  }

  #setAt(atMs: number): void {
    this.atMs = Math.min(this.atMs, atMs);
  }
}
