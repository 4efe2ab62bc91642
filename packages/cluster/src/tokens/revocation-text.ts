/** Revocations as they are stored in Redis. They are signed, since anyone who can write there could otherwise revoke all tokens. */
import type { KeyObject } from 'node:crypto';
import type { Revocation } from '@causeway/accounts';
import { AppId, NumericDate, TokenId, TokenSubject } from '@causeway/protocol';
import { z } from 'zod';
import { openSignedText, signText } from '../trust/signed-text.ts';

const MAX_LENGTH = 1_024;

const StoredRevocation = z.object({
  appId: AppId,
  closesSessions: z.boolean(),
  revoked: z.discriminatedUnion('by', [
    z.object({ by: z.literal('jti'), jti: TokenId }),
    z.object({ by: z.literal('sub'), sub: TokenSubject, issuedUntil: NumericDate }),
  ]),
});

export function writeRevocation({ appId, revoked, closesSessions }: Revocation, key: KeyObject): string {
  return signText(JSON.stringify({ appId, revoked, closesSessions }), key);
}

/** @returns undefined if it was not signed by a node of this cluster, or this version does not understand it */
export function readRevocation(text: string, key: KeyObject): Revocation | undefined {
  const payload = text.length > MAX_LENGTH ? undefined : openSignedText(text, key);
  if (payload === undefined) return undefined;
  try {
    return StoredRevocation.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}
