import type { AppId } from '@causeway/protocol';
import type { Grants } from '../authentication/authenticate.ts';

/** One life of one node: its number is reused after a restart, its epoch never is. */
export interface AssertingNode {
  readonly nodeNo: number;
  readonly epoch: number;
}

/**
 * What a node vouches for when it passes a call on to another: that it has seen the caller's secret or token, for exactly this
 * call, and what that lets the caller do. It takes their place, so that neither leaves the node it was sent to.
 */
export interface CallAssertion {
  /** Random; an assertion is good for one call. */
  readonly assertionId: string;
  /** Milliseconds by the sender's own monotonic clock. Wall clocks of nodes may be hours apart, so they are not compared. */
  readonly issuedAtMs: number;
  readonly from: AssertingNode;
  readonly to: AssertingNode;
  readonly appId: AppId;
  /** Upper case, as in HTTP. */
  readonly method: string;
  /** Without the query; or a digest of it, for one that is too long to be named. */
  readonly path: string;
  /** SHA-256 of the body as JSON, in base64; of nothing if there is none. */
  readonly bodyDigest: string;
  /** What the caller may do, so that another node lets it do no more. */
  readonly grants: Grants;
}

/**
 * Signs and verifies assertions with what all nodes of a cluster know. It vouches for the signature and the shape; whether the
 * assertion fits the call, and was not used before, is for the receiver to find out.
 */
export interface AssertionTrust {
  /** @returns text of at most 8,192 visible ASCII characters, for a header */
  sign(assertion: CallAssertion): string;
  /** @returns undefined if the text is not an assertion signed by a node of this cluster a moment ago; never throws */
  verify(text: string): CallAssertion | undefined;
}
