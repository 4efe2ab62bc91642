import { timingSafeEqual } from 'node:crypto';
import { type AppId, type AppSettings, parseAppId, SfuError, type TokenGrants } from '@causeway/protocol';
import { type App, type AppStore, MAX_SECRETS_PER_APP } from '../app/app.ts';
import { digestSecret, type SecretDigest } from '../app/secret.ts';
import type { TokenDesk } from '../tokens/token-desk.ts';

/** What a caller may do within its app: everything with a secret, and what the token grants with a token. */
export type Grants = { readonly kind: 'all' } | { readonly kind: 'token'; readonly token: TokenGrants };

/** The grants of a caller with the secret of the app. */
export const ALL_GRANTS: Grants = { kind: 'all' };

/** An authenticated caller. */
export interface Principal {
  readonly appId: AppId;
  readonly settings: AppSettings;
  readonly grants: Grants;
  /** The digest of the caller's secret; absent for a token and for a call that another node has forwarded. */
  readonly secretDigest?: SecretDigest;
}

/** Takes the place of missing digests in comparisons. No known secret has this digest. */
const DUMMY_DIGEST = '0'.repeat(64);

/** The message for an unknown app and for an invalid credential alike. */
export const UNKNOWN_CREDENTIAL = 'app and credential do not belong together; send "Authorization: Bearer <secret of the app, or a token>"';

/** The message for a call without an `Authorization` header. It depends on nothing else, so it tells nothing about apps. */
export const MISSING_CREDENTIAL = 'the call has no credential; send "Authorization: Bearer <secret of the app, or a token>"';

/** The messages of refusals that anyone can provoke, for any app and session. */
export const REFUSALS_OF_STRANGERS: ReadonlySet<string> = new Set([UNKNOWN_CREDENTIAL, MISSING_CREDENTIAL]);

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** The credentials of a caller, not verified. */
export interface Credentials {
  /** The id in the request path, which need not be well-formed. */
  readonly appIdText: string;
  /** Value of the `Authorization` header. */
  readonly authorization: string | undefined;
  /** The caller to which look-ups of unknown apps are attributed; see `AppStore`. */
  readonly asker?: string | undefined;
  /** Whether the credential is in the URL, where secrets are refused because URLs are logged and kept in histories. Default false. */
  readonly isInUrl?: boolean;
}

/**
 * Verifies that a caller has a secret of the app or a token for it. It takes as long for an app that does not
 * exist as for a wrong secret.
 *
 * @param tokens undefined if tokens are not accepted
 * @throws unauthorized – with the same message for every cause, so that app ids cannot be found by guessing;
 *   a call without a credential and a token with a valid signature that cannot be used get other messages
 * @throws token_expired – the token was valid before
 * @throws forbidden – the secret is correct, but in the URL
 * @throws rate_limited – the asker has requested too many unknown apps
 * @see RFC 6750 §2.1
 */
export async function authenticate(apps: AppStore, credentials: Credentials, tokens?: TokenDesk): Promise<Principal> {
  const { appIdText, authorization, asker, isInUrl = false } = credentials;
  const appId = parseAppId(appIdText);
  const app = appId === undefined ? undefined : await apps.findApp(appId, asker);
  const secret = BEARER.exec(authorization ?? '')?.[1];
  const secretDigest = digestSecret(secret ?? '');
  const isKnown = hasDigest(liveDigests(app, tokens?.nowMs ?? Date.now()), secretDigest);
  if (app !== undefined && secret !== undefined && isKnown) {
    if (isInUrl) throw new SfuError('forbidden', 'a URL takes a token (POST …/tokens makes one), never the secret of the app');
    return { appId: app.id, settings: app.settings, grants: ALL_GRANTS, secretDigest };
  }
  const token = appId === undefined || secret === undefined ? undefined : await tokens?.verify(appId, app, secret);
  if (app !== undefined && token !== undefined) return { appId: app.id, settings: app.settings, grants: { kind: 'token', token } };
  throw new SfuError('unauthorized', authorization === undefined ? MISSING_CREDENTIAL : UNKNOWN_CREDENTIAL);
}

/** Returns the digests of secrets that have not expired. */
function liveDigests(app: App | undefined, nowMs: number): readonly SecretDigest[] {
  return (app?.secretDigests ?? []).filter((digest) => nowMs < (app?.secretEndsMs?.[digest] ?? Number.POSITIVE_INFINITY));
}

/** Makes the same number of comparisons wherever the match is, to leak nothing through timing. */
function hasDigest(digests: readonly string[], wanted: string): boolean {
  let matches = 0;
  for (let index = 0; index < MAX_SECRETS_PER_APP; index += 1) {
    matches += timingSafeEqual(Buffer.from(digests[index] ?? DUMMY_DIGEST), Buffer.from(wanted)) ? 1 : 0;
  }
  return matches > 0;
}

/**
 * Returns the principal of a caller that another node of the cluster has authenticated.
 *
 * @param grants the grants that the other node vouches for
 * @throws unauthorized – the app is unknown to this node
 */
export async function principalOf(apps: AppStore, appId: AppId, grants: Grants): Promise<Principal> {
  const app = await apps.findApp(appId);
  if (app === undefined) throw new SfuError('unauthorized', `this node has no app ${appId}`);
  return { appId, settings: app.settings, grants };
}
