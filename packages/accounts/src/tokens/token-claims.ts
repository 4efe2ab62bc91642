/** Checks the claims of a token with a valid signature: whether all required ones are there, and for which app. */
import { type AppId, MAX_TOKEN_SECONDS, SfuError, TOKEN_RESTRICTIONS, TokenGrants } from '@causeway/protocol';

/** How far the signer's clock may be ahead of the nodes' clock. */
const SKEW_SECONDS = 60;
/** Claims that say nothing about what is granted. `iss` is whatever a backend calls itself. */
const OTHER_CLAIMS = ['aud', 'app', 'nbf', 'iss'];
const GRANT_CLAIMS = [...Object.keys(TOKEN_RESTRICTIONS), 'sub', 'jti', 'iat', 'exp'];

/** What a token says of itself: what it grants, and from when. */
export interface TokenClaims {
  readonly grants: TokenGrants;
  /** Seconds since 1970; 0 if it was good from the beginning. */
  readonly notBefore: number;
}

/** The audience of a token: one app, whichever cluster or node it is sent to. */
export function audienceOf(appId: AppId): string {
  return `app:${appId}`;
}

/**
 * Reads the claims of a token that its key has signed. Time is not looked at: see `checkTime`.
 *
 * @returns undefined if the token is for another app, which is not told from one that is not there
 * @throws unauthorized – a claim is missing, wrong or unknown; the signer of the token made a mistake
 */
export function readClaims(payload: Uint8Array, appId: AppId): TokenClaims | undefined {
  const claims = parseObject(payload);
  if (claims === undefined || !isFor(claims, appId)) return undefined;
  const unknown = Object.keys(claims).find((name) => !GRANT_CLAIMS.includes(name) && !OTHER_CLAIMS.includes(name));
  // A restriction that this version does not know must not be ignored.
  if (unknown !== undefined) throw unusable(`has a claim that is not known here: ${unknown.slice(0, 64)}`);
  const parsed = TokenGrants.safeParse(Object.fromEntries(Object.entries(claims).filter(([name]) => GRANT_CLAIMS.includes(name))));
  if (!parsed.success) throw unusable(`has no usable claim ${String(parsed.error.issues[0]?.path[0] ?? '')}`);
  const { nbf: notBefore = 0 } = claims;
  if (typeof notBefore !== 'number' || !(notBefore >= 0)) throw unusable('has no usable claim nbf');
  if (parsed.data.exp - parsed.data.iat > MAX_TOKEN_SECONDS) throw unusable(`is good for more than ${MAX_TOKEN_SECONDS / 3_600} hours`);
  return { grants: parsed.data, notBefore };
}

/**
 * @param nowSeconds since 1970
 * @throws token_expired, unauthorized – the token is good no longer, or not yet
 */
export function checkTime({ grants, notBefore }: TokenClaims, nowSeconds: number): void {
  if (grants.exp <= nowSeconds) throw new SfuError('token_expired', 'the token has expired; fetch a new one');
  if (grants.iat > nowSeconds + SKEW_SECONDS) throw unusable('was issued in the future (iat): do the clocks agree?');
  if (notBefore > nowSeconds + SKEW_SECONDS) throw unusable('is not good yet (nbf)');
}

/** A token that names no app, or two, does not say which one it is for. */
function isFor({ aud, app }: Readonly<Record<string, unknown>>, appId: AppId): boolean {
  if (aud === undefined && app === undefined) return false;
  const audiences = Array.isArray(aud) ? aud : [aud];
  const isAudience = aud === undefined || (audiences.length === 1 && audiences[0] === audienceOf(appId));
  return isAudience && (app === undefined || app === appId);
}

/** @returns undefined if it is not a JSON object, such as a token within the token */
function parseObject(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function unusable(problem: string): SfuError {
  return new SfuError('unauthorized', `the token ${problem}`);
}
