/** Finds the connectivity check that an answer belongs to. @see RFC 8445 §7.2.5.2 */
import type { StunMessage } from '@causeway/wire';
import type { Path } from '../demux/path.ts';

/** Sends checks and takes the answers. */
export interface CheckOwner {
  /**
   * Takes a message that claims to answer one of the owner's checks. It came from the address that the check was sent to.
   *
   * @returns false if it is not authenticated; the check then stays outstanding
   */
  handleAnswer(nowMs: number, path: Path, answer: StunMessage, check: OutstandingCheck): boolean;
}

export interface OutstandingCheck {
  readonly owner: CheckOwner;
  readonly path: Path;
  readonly sentAtMs: number;
}

export class OutstandingChecks {
  readonly #byTransaction = new Map<string, OutstandingCheck>();

  get size(): number {
    return this.#byTransaction.size;
  }

  /** @param transactionId 12 unpredictable bytes, so that an answer cannot be guessed */
  add(transactionId: Uint8Array, check: OutstandingCheck): void {
    this.#byTransaction.set(keyOf(transactionId), check);
  }

  /**
   * @returns false if the message answers no check, is not from the address that the check was sent to (RFC 8445 §7.2.5.2.1), or is not
   *   authenticated
   */
  handleAnswer(nowMs: number, path: Path, answer: StunMessage): boolean {
    // A flood of unsolicited answers must not cost a key for each.
    if (this.#byTransaction.size === 0) return false;
    const key = keyOf(answer.transactionId);
    const check = this.#byTransaction.get(key);
    if (check === undefined) return false;
    const { remoteAddress, remotePort } = check.path;
    if (path.remoteAddress !== remoteAddress || path.remotePort !== remotePort) return false;
    if (!check.owner.handleAnswer(nowMs, path, answer, check)) return false;
    this.#byTransaction.delete(key);
    return true;
  }

  /** Drops the checks of one owner that were sent before the given time. @returns how many */
  forget(owner: CheckOwner, sentBeforeMs: number): number {
    let forgotten = 0;
    for (const [key, check] of this.#byTransaction) {
      if (check.owner !== owner || check.sentAtMs >= sentBeforeMs) continue;
      this.#byTransaction.delete(key);
      forgotten++;
    }
    return forgotten;
  }
}

function keyOf(transactionId: Uint8Array): string {
  return String.fromCharCode(...transactionId);
}
