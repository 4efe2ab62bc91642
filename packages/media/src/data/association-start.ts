/** When we begin the association of a peer ourselves, if the peer has not. */

export interface AssociationStartOptions {
  /** Whether it may begin before `allow` was called. Default true. */
  readonly mayBegin?: boolean;
  /** Whether it waits for the first channel of either end, as between nodes, which need none before. Default: it begins at once. */
  readonly waitsForChannel?: boolean;
  /** Whether the peer is known to have finished the DTLS handshake. Default: it has. */
  readonly hasPeerFinished?: () => boolean;
}

/**
 * A peer that could begin has this long to do so before we do. Stacks double their wait with every INIT that is lost,
 * up to minutes; ours do not, so a lossy path no longer keeps a page waiting for its channel. A DTLS client whose last
 * flight of the handshake was lost repeats its own after a second.
 */
const PATIENCE_MS = 1_500;
/** Channels of ours wait no longer than this for a peer that may still be in its DTLS handshake. */
const MAX_HANDSHAKE_WAIT_MS = 500;

export class AssociationStart {
  /** Infinity while there is no reason to begin. */
  atMs = Number.POSITIVE_INFINITY;
  readonly #options: AssociationStartOptions;
  #isAllowed: boolean;

  constructor(options: AssociationStartOptions) {
    this.#options = options;
    this.#isAllowed = options.mayBegin ?? true;
  }

  /** The peer is known to have data channels, and packets reach it. */
  allow(nowMs: number): void {
    this.#isAllowed = true;
    if (this.#options.waitsForChannel !== true) this.#setAt(nowMs + PATIENCE_MS);
  }

  /**
   * A channel of ours waits. Our INIT still does not overtake the end of the DTLS handshake, which may have been lost: werift takes an INIT that
   * comes first for a defect, and ends its process.
   */
  hurry(nowMs: number): void {
    if (!this.#isAllowed) return;
    this.#setAt(this.#options.hasPeerFinished?.() === false ? nowMs + MAX_HANDSHAKE_WAIT_MS : nowMs);
  }

  /** There is an association, or one is being set up. */
  cancel(): void {
    this.atMs = Number.POSITIVE_INFINITY;
  }

  #setAt(atMs: number): void {
    this.atMs = Math.min(this.atMs, atMs);
  }
}
