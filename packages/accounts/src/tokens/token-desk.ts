/** Signs, verifies and revokes the tokens of all apps. */
import { createSecretKey, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
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
import { type Revocation, RevocationList } from './revocation-list.ts';
import { SfuTokenKeys } from './sfu-token-keys.ts';
import { audienceOf } from './token-claims.ts';
import { MAX_TOKEN_LENGTH, TokenVerifier, type VerificationTime } from './token-verifier.ts';

const SECRET_SIZE_BYTES = 32;
const MS_PER_SECOND = 1_000;

/** Every outcome of checking a token. */
export const TOKEN_OUTCOMES = ['accepted', 'expired', 'revoked', 'refused'] as const;
/** The outcome of checking a token; texts that are not tokens do not count. */
export type TokenOutcome = (typeof TOKEN_OUTCOMES)[number];

/** Options of a token desk. */
export interface TokenDeskOptions {
  /**
   * The secret from which the SFU's keys are derived, the same on all nodes and used for nothing
   * else. Default: a random one, so that the tokens of this process are valid in no other.
   */
  readonly secret?: KeyObject;
  /** Default: in the memory of this process. */
  readonly revocations?: Revocations;
  /** Milliseconds since 1970, on the clock that all nodes share. Default: the system's clock. */
  readonly nowMs?: () => number;
}

/** The counters of a token desk. */
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

  /** A copy of the counters. */
  get counts(): TokenCounts {
    const { verifications, remembered, spentMs } = this.#verifier;
    return { minted: this.#minted, verifications, remembered, spentMs };
  }

  /** A copy of the counts by outcome, including zeros. */
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

  /** Returns how long a token is still valid, unless it is revoked. */
  leftMs({ exp }: Pick<TokenGrants, 'exp'>): number {
    return Math.max(0, exp * MS_PER_SECOND - this.#nowMs());
  }

  /** @throws invalid_params – the token would be too long */
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
   * Creates a token for a new session, which grants no more than the creator's token does. It expires and
   * is revoked together with the creator's token.
   *
   * @param creator undefined if the session was created with the app's secret; the token is then valid for a day
   * @returns undefined if it would be too long
   */
  sessionToken(appId: AppId, sessionId: SessionId, creator: TokenGrants | undefined): string | undefined {
    const iat = this.nowSeconds;
    const ofSecret = { sub: sessionId, jti: randomUUID(), iat, exp: iat + MAX_TOKEN_SECONDS };
    const { act, ...grants } = creator ?? { ...ofSecret, act: undefined };
    const actions = act?.filter((action) => action !== 'create');
    // The list must not be empty, because a token without actions may do everything.
    const restriction = actions === undefined ? {} : { act: actions.length > 0 ? actions : act };
    const token = this.#sign(appId, { ...grants, ...restriction, sid: sessionId });
    return token.length > MAX_TOKEN_LENGTH ? undefined : token;
  }

  /**
   * @param app undefined if no app has that id
   * @returns undefined if the text is not a token for this app
   * @throws token_expired, unauthorized – it is a token for this app, but not valid now
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

/** A private key, and the id under which verifiers find the public key. */
export interface SigningKey {
  readonly kid: string;
  /** An Ed25519 private key. */
  readonly privateKey: KeyObject;
}

/**
 * Returns a token with these claims in compact form, signed with Ed25519.
 *
 * Every new session gets a token. jose signs through Web Crypto in another thread, and on a node with
 * one core the round trip costs several times the signature.
 *
 * @see RFC 7515 §3.1 (compact form), RFC 7519, RFC 8037 §3.1 (EdDSA)
 */
function signJwt(claims: object, { kid, privateKey }: SigningKey): string {
  const text = `${encode({ alg: 'EdDSA', typ: 'JWT', kid })}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text, 'ascii'), privateKey).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
}

/** The revoked tokens of all nodes. */
export interface Revocations {
  isRevoked(appId: AppId, token: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean;
  /**
   * Resolves once the revocation is in effect here and on its way to all other nodes.
   *
   * @throws quota_exceeded – the app has revoked as many tokens as are remembered
   * @throws registry_unavailable – the other nodes cannot be notified; nothing is revoked
   */
  revoke(revocation: Revocation): Promise<void>;
  /** Subscribes to revocations of all nodes as they take effect here. @returns a function that unsubscribes */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  /** The number of remembered revocations. */
  readonly size: number;
}

/** The revocations of a standalone node. */
export class MemoryRevocations implements Revocations {
  readonly #list: RevocationList;
  readonly #listeners = new Set<(revocation: Revocation) => void>();

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#list = new RevocationList(nowMs);
  }

  get size(): number {
    return this.#list.size;
  }

  isRevoked(appId: AppId, token: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean {
    return this.#list.isRevoked(appId, token);
  }

  async revoke(revocation: Revocation): Promise<void> {
    this.#list.checkRoom(revocation.appId);
    if (this.#list.add(revocation)) for (const listener of [...this.#listeners]) listener(revocation);
  }

  onRevoked(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
