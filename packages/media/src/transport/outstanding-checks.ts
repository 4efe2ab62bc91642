/** Which of our connectivity checks wait for their answers, so that an answer finds who asked. @see RFC 8445 §7.2.5.2 */
import type { StunMessage } from '@causeway/wire';
import type { Path } from '../demux/path.ts';

/** Who asks. */
export interface CheckOwner {
  /**
   * Takes what claims to be the answer to one of its checks. It has come from the address that was asked.
   *
   * @returns false if it is not authenticated; the check goes on waiting then
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

  /** @param transactionId 12 unpredictable bytes: they are what tells an answer from a guess */
  add(transactionId: Uint8Array, check: OutstandingCheck): void {
    this.#byTransaction.set(keyOf(transactionId), check);
  }

  /** @returns false if it is the answer to no check, or not from where the check went (RFC 8445 §7.2.5.2.1), or not authenticated */
  handleAnswer(nowMs: number, path: Path, answer: StunMessage): boolean {
    // Answers that are not awaited may come in floods, and must not cost a key each.
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

  /** Forgets the checks of one owner that were sent before a time. @returns how many */
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
