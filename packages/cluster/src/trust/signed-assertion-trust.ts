import type { KeyObject } from 'node:crypto';
import { ALL_GRANTS, type AssertionTrust, type CallAssertion } from '@causeway/accounts';
import { AppId, TokenGrants } from '@causeway/protocol';
import { z } from 'zod';
import { openSignedText, signText } from './signed-text.ts';

/** The longest header that is parsed as an assertion. */
const MAX_ASSERTION_LENGTH = 8_192;

/**
 * How far an assertion's date may be from now, in both directions, by the cluster's clock. The clocks of nodes differ
 * by less than a second while they use the same Redis, and by up to a minute for the two seconds in which another Redis
 * takes over.
 */
const MAX_AGE_MS = 90_000;

const Life = z.strictObject({ nodeNo: z.int().min(0), epoch: z.int().min(0) });
/**
 * An assertion of a call made with a token names what the token grants. A call made with a secret has no such field, as
 * in versions that had no tokens. Such a version refuses an assertion with an unknown field, so a token never grants
 * more at an old node.
 */
const Assertion = z.strictObject({
  assertionId: z.string().min(1),
  issuedAtMs: z.number(),
  from: Life,
  to: Life,
  appId: AppId,
  method: z.string(),
  path: z.string(),
  bodyDigest: z.string(),
  token: TokenGrants.optional(),
});
const DatedAssertion = z.strictObject({ signedAtMs: z.number(), assertion: Assertion });

/** Signs assertions with a key derived from the cluster key, and dates them, so that an intercepted assertion cannot be used later. */
export class SignedAssertionTrust implements AssertionTrust {
  readonly #key: KeyObject;
  readonly #clusterNowMs: () => number;

  /**
   * @param key used for no other purpose
   * @param clusterNowMs the time by the cluster's clock, which continues while Redis is unavailable
   */
  constructor(key: KeyObject, clusterNowMs: () => number) {
    this.#key = key;
    this.#clusterNowMs = clusterNowMs;
  }

  /** @throws Error if the path and the grants of the call are too long for an assertion */
  sign(assertion: CallAssertion): string {
    const { grants, ...call } = assertion;
    const token = grants.kind === 'all' ? {} : { token: grants.token };
    const text = signText(JSON.stringify({ signedAtMs: Math.round(this.#clusterNowMs()), assertion: { ...call, ...token } }), this.#key);
    if (text.length <= MAX_ASSERTION_LENGTH) return text;
    throw new Error(`an assertion for ${assertion.method} of a path with ${assertion.path.length} characters is too long`);
  }

  verify(text: string): CallAssertion | undefined {
    const payload = text.length > MAX_ASSERTION_LENGTH ? undefined : openSignedText(text, this.#key);
    if (payload === undefined) return undefined;
    try {
      const dated = DatedAssertion.safeParse(JSON.parse(payload)).data;
      const isOfNow = dated !== undefined && Math.abs(this.#clusterNowMs() - dated.signedAtMs) <= MAX_AGE_MS;
      if (!isOfNow) return undefined;
      const { token, ...call } = dated.assertion;
      return { ...call, grants: token === undefined ? ALL_GRANTS : { kind: 'token', token } };
    } catch {
      // It was signed by a node of this cluster but is not JSON, so this version does not understand it.
      return undefined;
    }
  }
}
