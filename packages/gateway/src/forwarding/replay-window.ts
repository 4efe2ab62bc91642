import type { CallAssertion } from '@causeway/accounts';

/** How long an assertion is valid, by its sender's clock. */
const MAX_AGE_MS = 30_000;
/** Limit for one sender; beyond it, the oldest ids have expired anyway. */
const MAX_KEPT_IDS = 100_000;

interface Sender {
  readonly epoch: number;
  newestIssuedAtMs: number;
  /** Assertions issued earlier are refused, seen or not. */
  floorMs: number;
  /** The time of issue of each id, in order of arrival. */
  readonly seen: Map<string, number>;
}

/**
 * Remembers which assertions were used. Age is measured on the sender's monotonic clock, relative to the newest
 * assertion received from it, so the clocks need not agree: an assertion is valid once, and only until its sender has
 * sent one that is 30 s newer. Assertions for an earlier life of this node are refused before, because they contain its
 * epoch.
 */
export class ReplayWindow {
  readonly #senders = new Map<number, Sender>();

  /** Marks an assertion as used. @returns whether this was its first use */
  admit({ assertionId, issuedAtMs, from }: CallAssertion): boolean {
    const sender = this.#senderOf(from);
    if (sender === undefined || issuedAtMs < sender.floorMs || sender.seen.has(assertionId)) return false;
    sender.seen.set(assertionId, issuedAtMs);
    sender.newestIssuedAtMs = Math.max(sender.newestIssuedAtMs, issuedAtMs);
    sender.floorMs = Math.max(sender.floorMs, sender.newestIssuedAtMs - MAX_AGE_MS);
    forgetOld(sender);
    return true;
  }

  /** @returns undefined for an outdated life of the sender */
  #senderOf({ nodeNo, epoch }: CallAssertion['from']): Sender | undefined {
    const known = this.#senders.get(nodeNo);
    if (known !== undefined && known.epoch >= epoch) return known.epoch === epoch ? known : undefined;
    const sender = { epoch, newestIssuedAtMs: Number.NEGATIVE_INFINITY, floorMs: Number.NEGATIVE_INFINITY, seen: new Map() };
    this.#senders.set(nodeNo, sender);
    return sender;
  }
}

function forgetOld(sender: Sender): void {
  for (const [id, issuedAtMs] of sender.seen) {
    const isExpired = issuedAtMs < sender.floorMs;
    if (!isExpired && sender.seen.size <= MAX_KEPT_IDS) return;
    // Ids that are forgotten early must not count as new.
    if (!isExpired) sender.floorMs = Math.max(sender.floorMs, issuedAtMs + 1);
    sender.seen.delete(id);
  }
}
