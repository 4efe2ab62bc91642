import type { KeyObject } from 'node:crypto';
import type { AssertionTrust, CallAssertion } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { z } from 'zod';
import { openSignedText, signText } from './signed-text.ts';

/** Of a header that carries one. */
const MAX_ASSERTION_LENGTH = 2_048;

const Life = z.strictObject({ nodeNo: z.int().min(0), epoch: z.int().min(0) });
const Assertion = z.strictObject({
  assertionId: z.string().min(1),
  issuedAtMs: z.number(),
  from: Life,
  to: Life,
  appId: AppId,
  method: z.string(),
  path: z.string(),
  bodyDigest: z.string(),
});

/** Assertions signed with what is derived from the cluster key. */
export class SignedAssertionTrust implements AssertionTrust {
  readonly #key: KeyObject;

  /** @param key used for nothing else */
  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** @throws Error – the call has a path too long to be vouched for */
  sign(assertion: CallAssertion): string {
    const text = signText(JSON.stringify(assertion), this.#key);
    if (text.length <= MAX_ASSERTION_LENGTH) return text;
    throw new Error(`an assertion for ${assertion.method} of a path with ${assertion.path.length} characters is too long`);
  }

  verify(text: string): CallAssertion | undefined {
    const payload = text.length > MAX_ASSERTION_LENGTH ? undefined : openSignedText(text, this.#key);
    if (payload === undefined) return undefined;
    try {
      return Assertion.safeParse(JSON.parse(payload)).data;
    } catch {
      // Signed by a node of ours, yet no JSON: nothing that this version understands.
      return undefined;
    }
  }
}
