/** Everything about the tokens of all apps: signing, verifying and revoking them. */
import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import {
  type AppId,
  DEFAULT_TOKEN_SECONDS,
  MAX_TOKEN_SECONDS,
  type MintTokenReply,
  type MintTokenRequest,
  type RevokeTokensRequest,
  type SessionId,
  SfuError,
  type TokenGrants,
} from '@causeway/protocol';
import type { App } from '../app/app.ts';
import { MemoryRevocations, type Revocations } from './revocations.ts';
import { SfuTokenKeys } from './sfu-token-keys.ts';
import { signJwt } from './sign-jwt.ts';
import { audienceOf } from './token-claims.ts';
import { MAX_TOKEN_LENGTH, TokenVerifier, type VerificationTime } from './token-verifier.ts';

const SECRET_SIZE_BYTES = 32;
const MS_PER_SECOND = 1_000;

/** Every outcome of looking at a token. */
export const TOKEN_OUTCOMES = ['accepted', 'expired', 'revoked', 'refused'] as const;
/** The outcome of checking a token; texts that are not tokens do not count. */
export type TokenOutcome = (typeof TOKEN_OUTCOMES)[number];

/** What is needed to issue and verify tokens. */
export interface TokenDeskOptions {
  /**
   * What the SFU's keys are made of: the same on all nodes, otherwise secret, used for nothing
   * else. Default: a random one, so that the tokens of this process are good for nothing in another.
   */
  readonly secret?: KeyObject;
  /** Default: in the memory of this process. */
  readonly revocations?: Revocations;
  /** Milliseconds since 1970, by the clock that all nodes share. Default: the system's clock. */
  readonly nowMs?: () => number;
}

/** What a token desk has done. */
export interface TokenCounts {
  readonly minted: number;
  readonly verifications: number;
  readonly remembered: number;
  readonly spentMs: VerificationTime;
}

/** Issues, verifies and revokes access tokens. */
export class TokenDesk {
  readonly revocations: Revocations;
  readonly #keys: SfuTokenKeys;
  readonly #verifier: TokenVerifier;
  readonly #nowMs: () => number;
  readonly #outcomes: Record<TokenOutcome, number> = { accepted: 0, expired: 0, revoked: 0, refused: 0 };
  #minted = 0;

  constructor(options: TokenDeskOptions = {}) {
    const { secret = createSecretKey(randomBytes(SECRET_SIZE_BYTES)), nowMs = Date.now } = options;
    this.revocations = options.revocations ?? new MemoryRevocations(() => performance.now());
    this.#nowMs = nowMs;
    this.#keys = new SfuTokenKeys(secret, nowMs);
    this.#verifier = new TokenVerifier(this.#keys, nowMs);
  }

  /** A copy. */
  get counts(): TokenCounts {
    const { verifications, remembered, spentMs } = this.#verifier;
    return { minted: this.#minted, verifications, remembered, spentMs };
  }

  /** By outcome, zeros included; a copy. */
  get outcomes(): Readonly<Record<TokenOutcome, number>> {
    return { ...this.#outcomes };
  }

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.#nowMs();
  }

  /** Seconds since 1970. */
  get nowSeconds(): number {
    return Math.floor(this.#nowMs() / MS_PER_SECOND);
  }

  /** How long a token is still good, unless it is revoked. */
  leftMs({ exp }: Pick<TokenGrants, 'exp'>): number {
    return Math.max(0, exp * MS_PER_SECOND - this.#nowMs());
  }

  /** @throws invalid_params – the token would be longer than tokens may be */
  async mint(appId: AppId, { expiresIn = DEFAULT_TOKEN_SECONDS, nbf, ...claims }: MintTokenRequest): Promise<MintTokenReply> {
    const iat = this.nowSeconds;
    const exp = iat + expiresIn;
    const grants: TokenGrants = { ...claims, jti: claims.jti ?? randomUUID(), iat, exp };
    const token = this.#sign(appId, { ...grants, ...(nbf === undefined ? {} : { nbf }) });
    if (token.length > MAX_TOKEN_LENGTH) {
      const message = `the token would have ${token.length} characters; ${MAX_TOKEN_LENGTH} are allowed: give it shorter lists or metadata`;
      throw new SfuError('invalid_params', message, { details: { path: '' } });
    }
    return { token, jti: grants.jti, expiresAt: new Date(exp * MS_PER_SECOND).toISOString() };
  }

  /**
   * A token for one session that has just been created, which grants its bearer nothing that the creator
   * may not do. It is revoked with the token of the creator, and ends with it.
   *
   * @param creator undefined for the secret of the app: the token is then good for a day
   * @returns undefined if it would be longer than tokens may be
   */
  sessionToken(appId: AppId, sessionId: SessionId, creator: TokenGrants | undefined): string | undefined {
    const iat = this.nowSeconds;
    const ofSecret = { sub: sessionId, jti: randomUUID(), iat, exp: iat + MAX_TOKEN_SECONDS };
    const { act, ...grants } = creator ?? { ...ofSecret, act: undefined };
    const actions = act?.filter((action) => action !== 'create');
    // A token that may do nothing needs one action all the same: without a list it could do everything.
    const restriction = actions === undefined ? {} : { act: actions.length > 0 ? actions : act };
    const token = this.#sign(appId, { ...grants, ...restriction, sid: sessionId });
    return token.length > MAX_TOKEN_LENGTH ? undefined : token;
  }

  /**
   * @param app undefined if there is none of that id
   * @returns undefined if the text is not a token, or not one for this app
   * @throws token_expired, unauthorized – it is one, and not good now
   */
  async verify(appId: AppId, app: App | undefined, text: string): Promise<TokenGrants | undefined> {
    const grants = await this.#verifier.verify(appId, app, text).catch((error: unknown) => {
      this.#countFailure(error);
      throw error;
    });
    if (grants === undefined) return undefined;
    const isRevoked = this.revocations.isRevoked(appId, grants);
    this.#outcomes[isRevoked ? 'revoked' : 'accepted']++;
    if (isRevoked) throw new SfuError('unauthorized', 'the token has been revoked');
    return grants;
  }

  /** @throws quota_exceeded, registry_unavailable – nothing is revoked */
  revoke(appId: AppId, { jti, sub = '', closeSessions = false }: RevokeTokensRequest): Promise<void> {
    const revoked = jti === undefined ? ({ by: 'sub', sub, issuedUntil: this.nowSeconds } as const) : ({ by: 'jti', jti } as const);
    return this.revocations.revoke({ appId, revoked, closesSessions: closeSessions });
  }

  #sign(appId: AppId, claims: TokenGrants & { readonly nbf?: number }): string {
    this.#minted++;
    return signJwt({ ...claims, app: appId, aud: audienceOf(appId) }, this.#keys.current);
  }

  #countFailure(error: unknown): void {
    if (!(error instanceof SfuError)) return;
    if (error.code === 'token_expired') this.#outcomes.expired++;
    if (error.code === 'unauthorized') this.#outcomes.refused++;
  }
}
