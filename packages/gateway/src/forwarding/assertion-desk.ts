import { randomUUID } from 'node:crypto';
import type { AssertionTrust, CallAssertion, Grants } from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import type { NodeDirectory } from '@causeway/sfu';

/** The header that a forwarded call has instead of `Authorization`. */
export const ASSERTION_HEADER = 'Causeway-Assertion';

/** The call that an assertion must match. */
export interface AssertedCall {
  readonly appId: string;
  readonly method: string;
  /** Path below the base path of the API, as received, without the query. */
  readonly path: string;
}

/** A call for which another node vouches. */
export interface AdmittedCall {
  readonly appId: AppId;
  /** What its caller may do. */
  readonly grants: Grants;
  /** @throws unauthorized – the body differs from the one vouched for */
  checkBody(digest: string): void;
}

/** Why an assertion was refused; for operators, not for the senders. */
export type AssertionRefusal = 'signature' | 'recipient' | 'call' | 'replay' | 'body';

/** Writes assertions for calls to other nodes, and verifies those that arrive with calls from them. */
export class AssertionDesk {
  readonly #trust: AssertionTrust;
  readonly #directory: NodeDirectory;
  readonly #now: () => number;
  readonly #used = new ReplayWindow();
  readonly #refused: Record<AssertionRefusal, number> = { signature: 0, recipient: 0, call: 0, replay: 0, body: 0 };

  /** @param now monotonic time in milliseconds */
  constructor(trust: AssertionTrust, directory: NodeDirectory, now: () => number) {
    this.#trust = trust;
    this.#directory = directory;
    this.#now = now;
  }

  /** A copy of the counts by reason, including zeros. */
  get refused(): Readonly<Record<AssertionRefusal, number>> {
    return { ...this.#refused };
  }

  write(call: Pick<CallAssertion, 'to' | 'appId' | 'method' | 'path' | 'bodyDigest' | 'grants'>): string {
    const { nodeNo, epoch } = this.#directory.self;
    return this.#trust.sign({ ...call, assertionId: randomUUID(), issuedAtMs: this.#now(), from: { nodeNo, epoch } });
  }

  /**
   * Verifies an assertion and marks it as used, whatever the outcome of the call.
   *
   * @throws unauthorized – it is not signed by a node of this cluster, not for this node, not for this call, or was
   * used before
   */
  take(text: string, call: AssertedCall): AdmittedCall {
    const assertion = this.#trust.verify(text);
    if (assertion === undefined) throw this.#refuse('signature');
    const { nodeNo, epoch } = this.#directory.self;
    if (assertion.to.nodeNo !== nodeNo || assertion.to.epoch !== epoch) throw this.#refuse('recipient');
    const isForCall = assertion.appId === call.appId && assertion.method === call.method && assertion.path === call.path;
    if (!isForCall) throw this.#refuse('call');
    if (!this.#used.admit(assertion)) throw this.#refuse('replay');
    return {
      appId: assertion.appId,
      grants: assertion.grants,
      checkBody: (digest) => {
        if (digest !== assertion.bodyDigest) throw this.#refuse('body');
      },
    };
  }

  #refuse(reason: AssertionRefusal): SfuError {
    this.#refused[reason]++;
    return new SfuError('unauthorized', `the ${ASSERTION_HEADER} does not vouch for this call`);
  }
}

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
