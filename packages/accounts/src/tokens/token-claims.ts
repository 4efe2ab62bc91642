/** Checks that a token with a valid signature is for this app and has all required claims. */
import { type AppId, MAX_TOKEN_SECONDS, SfuError, TOKEN_RESTRICTIONS, TokenGrants } from '@causeway/protocol';

/** How far the signer's clock may be ahead of the nodes' clock. */
const SKEW_SECONDS = 60;
/** Claims that grant nothing. `iss` is not checked, since backends choose it freely. */
const OTHER_CLAIMS = ['aud', 'app', 'nbf', 'iss'];
const GRANT_CLAIMS = [...Object.keys(TOKEN_RESTRICTIONS), 'sub', 'jti', 'iat', 'exp'];

/** What a token grants, and from when. */
export interface TokenClaims {
  readonly grants: TokenGrants;
  /** Seconds since 1970; 0 if the token has no `nbf`. */
  readonly notBefore: number;
}

/** Returns the audience of an app's tokens, which is the same on every cluster and node. */
export function audienceOf(appId: AppId): string {
  return `app:${appId}`;
}

/**
 * Reads the claims of a token whose signature is valid. It does not check the time; see `checkTime`.
 *
 * @returns undefined if the token is for another app, which must look the same as an unknown app
 * @throws unauthorized – a claim is missing, invalid or unknown
 */
export function readClaims(payload: Uint8Array, appId: AppId): TokenClaims | undefined {
  const claims = parseObject(payload);
  if (claims === undefined || !isFor(claims, appId)) return undefined;
  const unknown = Object.keys(claims).find((name) => !GRANT_CLAIMS.includes(name) && !OTHER_CLAIMS.includes(name));
  // A claim unknown to this version may be a restriction, so it must not be ignored.
  if (unknown !== undefined) throw unusable(`has a claim that is not known here: ${unknown.slice(0, 64)}`);
  const parsed = TokenGrants.safeParse(Object.fromEntries(Object.entries(claims).filter(([name]) => GRANT_CLAIMS.includes(name))));
  if (!parsed.success) throw unusable(`has no usable claim ${String(parsed.error.issues[0]?.path[0] ?? '')}`);
  const { nbf: notBefore = 0 } = claims;
  if (typeof notBefore !== 'number' || !(notBefore >= 0)) throw unusable('has no usable claim nbf');
  if (parsed.data.exp - parsed.data.iat > MAX_TOKEN_SECONDS) throw unusable(`is valid for more than ${MAX_TOKEN_SECONDS / 3_600} hours`);
  return { grants: parsed.data, notBefore };
}

/**
 * @param nowSeconds since 1970
 * @throws token_expired, unauthorized – the token is no longer, or not yet, valid
 */
export function checkTime({ grants, notBefore }: TokenClaims, nowSeconds: number): void {
  if (grants.exp <= nowSeconds) throw new SfuError('token_expired', 'the token has expired; fetch a new one');
  if (grants.iat > nowSeconds + SKEW_SECONDS) throw unusable('was issued in the future (iat): do the clocks agree?');
  if (notBefore > nowSeconds + SKEW_SECONDS) throw unusable('is not valid yet (nbf)');
}

/** A token must name exactly one app. */
function isFor({ aud, app }: Readonly<Record<string, unknown>>, appId: AppId): boolean {
  if (aud === undefined && app === undefined) return false;
  const audiences = Array.isArray(aud) ? aud : [aud];
  const isAudience = aud === undefined || (audiences.length === 1 && audiences[0] === audienceOf(appId));
  return isAudience && (app === undefined || app === appId);
}

/** @returns undefined if the payload is not a JSON object, for example a nested token */
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
