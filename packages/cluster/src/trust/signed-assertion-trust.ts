import type { KeyObject } from 'node:crypto';
import { ALL_GRANTS, type AssertionTrust, type CallAssertion } from '@causeway/accounts';
import { AppId, TokenGrants } from '@causeway/protocol';
import { z } from 'zod';
import { openSignedText, signText } from './signed-text.ts';

/** The longest header that is read as an assertion. */
const MAX_ASSERTION_LENGTH = 8_192;

/**
 * How far an assertion's date may be from now, in both directions, by the cluster's clock. Clocks of nodes differ by
 * less than a second as long as they agree on a Redis, and by a minute for the two seconds in which another takes its
 * place.
 */
const MAX_AGE_MS = 90_000;

const Life = z.strictObject({ nodeNo: z.int().min(0), epoch: z.int().min(0) });
/**
 * A call made with a token names what it grants; one made with a secret says nothing of it, as versions that knew no tokens do. Such a
 * version refuses an assertion with a field that it does not know, so a token never grants more at an old node.
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

/** Assertions signed with what is derived from the cluster key, and dated: what was held back on the way must not be kept for a quiet hour. */
export class SignedAssertionTrust implements AssertionTrust {
  readonly #key: KeyObject;
  readonly #clusterNowMs: () => number;

  /**
   * @param key used for nothing else
   * @param clusterNowMs the time that all nodes agree on, whether Redis answers now or not
   */
  constructor(key: KeyObject, clusterNowMs: () => number) {
    this.#key = key;
    this.#clusterNowMs = clusterNowMs;
  }

  /** @throws Error – path and grants of the call are too long to be vouched for */
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
      // Signed by a node of ours, yet no JSON: nothing that this version understands.
      return undefined;
    }
  }
}
