import type { AppId } from '@causeway/protocol';
import type { Grants } from '../authentication/authenticate.ts';

/** One life of one node: its number is reused after a restart, its epoch never is. */
export interface AssertingNode {
  readonly nodeNo: number;
  readonly epoch: number;
}

/**
 * States, for a call that a node forwards to another, that the node has verified the caller's credential for exactly this call,
 * and what the credential grants. It replaces the credential, which never leaves the node that received it.
 */
export interface CallAssertion {
  /** A random id; an assertion is valid for one call. */
  readonly assertionId: string;
  /** Milliseconds by the sender's own monotonic clock. Wall clocks of nodes may be hours apart, so they are not compared. */
  readonly issuedAtMs: number;
  readonly from: AssertingNode;
  readonly to: AssertingNode;
  readonly appId: AppId;
  /** Upper case, as in HTTP. */
  readonly method: string;
  /** The path without the query, or its digest if it is too long. */
  readonly path: string;
  /** SHA-256 of the body as JSON in base64, or of an empty text without a body. */
  readonly bodyDigest: string;
  /** What the caller may do, so that another node lets it do no more. */
  readonly grants: Grants;
}

/**
 * Signs and verifies assertions with a key that all nodes of a cluster share. It checks the signature and the format; the
 * receiver must check that the assertion matches the call and was not used before.
 */
export interface AssertionTrust {
  /** @returns text of at most 8,192 visible ASCII characters, for a header */
  sign(assertion: CallAssertion): string;
  /** @returns undefined if the text is not an assertion recently signed by a node of this cluster; never throws */
  verify(text: string): CallAssertion | undefined;
}
