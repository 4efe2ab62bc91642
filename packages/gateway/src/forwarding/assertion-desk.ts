import { randomUUID } from 'node:crypto';
import type { AssertionTrust, CallAssertion, Grants } from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import type { NodeDirectory } from '@causeway/sfu';
import { ReplayWindow } from './replay-window.ts';

/** The header that a forwarded call has instead of `Authorization`. */
export const ASSERTION_HEADER = 'Causeway-Assertion';

/** What an assertion must fit. */
export interface AssertedCall {
  readonly appId: string;
  readonly method: string;
  /** Below the base path of the API, as it came, without the query. */
  readonly path: string;
}

/** A call that another node vouches for. */
export interface AdmittedCall {
  readonly appId: AppId;
  /** What its caller may do. */
  readonly grants: Grants;
  /** @throws unauthorized – it is not the body that was vouched for */
  checkBody(digest: string): void;
}

/** Why assertions were refused; for operators, not for the senders. */
export type AssertionRefusal = 'signature' | 'recipient' | 'call' | 'replay' | 'body';

/** Writes assertions for calls to other nodes, and takes those that come with calls from them. */
export class AssertionDesk {
  readonly #trust: AssertionTrust;
  readonly #directory: NodeDirectory;
  readonly #now: () => number;
  readonly #used = new ReplayWindow();
  readonly #refused: Record<AssertionRefusal, number> = { signature: 0, recipient: 0, call: 0, replay: 0, body: 0 };

  /** @param now milliseconds since any moment, never going back */
  constructor(trust: AssertionTrust, directory: NodeDirectory, now: () => number) {
    this.#trust = trust;
    this.#directory = directory;
    this.#now = now;
  }

  /** By reason, zeros included; a copy. */
  get refused(): Readonly<Record<AssertionRefusal, number>> {
    return { ...this.#refused };
  }

  write(call: Pick<CallAssertion, 'to' | 'appId' | 'method' | 'path' | 'bodyDigest' | 'grants'>): string {
    const { nodeNo, epoch } = this.#directory.self;
    return this.#trust.sign({ ...call, assertionId: randomUUID(), issuedAtMs: this.#now(), from: { nodeNo, epoch } });
  }

  /**
   * Takes an assertion as used, whatever becomes of the call.
   *
   * @throws unauthorized – it is not signed by a node of this cluster, not for this node, not for this call, or was used before
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
