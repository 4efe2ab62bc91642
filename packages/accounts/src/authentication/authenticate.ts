import { timingSafeEqual } from 'node:crypto';
import { type AppId, type AppSettings, parseAppId, SfuError, type TokenGrants } from '@causeway/protocol';
import { type App, MAX_SECRETS_PER_APP } from '../app/app.ts';
import type { AppStore } from '../app/app-store.ts';
import { digestSecret, type SecretDigest } from '../app/secret.ts';
import type { TokenDesk } from '../tokens/token-desk.ts';

/** What a caller may do within its app: everything with the app's secret, what it grants with a token. */
export type Grants = { readonly kind: 'all' } | { readonly kind: 'token'; readonly token: TokenGrants };

/** The grants of a caller with the secret of the app. */
export const ALL_GRANTS: Grants = { kind: 'all' };

/** Who is calling, proved. */
export interface Principal {
  readonly appId: AppId;
  readonly settings: AppSettings;
  readonly grants: Grants;
  /** Belongs to the secret that the caller has sent; missing for a token, and for a call that another node has passed on. */
  readonly secretDigest?: SecretDigest;
}

/** Compared against where an app has fewer secrets, or does not exist. No secret is known that has this digest. */
const DUMMY_DIGEST = '0'.repeat(64);

/** What a caller is told whose app or credential is not known. */
export const UNKNOWN_CREDENTIAL = 'app and credential do not belong together; send "Authorization: Bearer <secret of the app, or a token>"';

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** What a caller says about itself, all of it unproved. */
export interface Credentials {
  /** The id in the request path, which need not be well-formed. */
  readonly appIdText: string;
  /** Value of the `Authorization` header. */
  readonly authorization: string | undefined;
  /** Whom look-ups of unknown apps count against; see `AppStore`. */
  readonly asker?: string | undefined;
  /** Whether the credential stands in the URL, where no secret belongs: URLs are logged and remembered. Default false. */
  readonly isInUrl?: boolean;
}

/**
 * Proves that a caller knows a secret of the app, or has a token for it. Takes as long for an app that does
 * not exist as for a wrong secret.
 *
 * @param tokens undefined where there are none
 * @throws unauthorized – with the same message whatever is wrong, so that app ids cannot be found by trying;
 *   with another one for a token that its key has signed and that cannot be used
 * @throws token_expired – it has been good
 * @throws forbidden – it is the right secret, in the wrong place
 * @throws rate_limited – the store was asked for too many apps that it does not know
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
  throw new SfuError('unauthorized', UNKNOWN_CREDENTIAL);
}

/** The digests of secrets that have not ended. */
function liveDigests(app: App | undefined, nowMs: number): readonly SecretDigest[] {
  return (app?.secretDigests ?? []).filter((digest) => nowMs < (app?.secretEndsMs?.[digest] ?? Number.POSITIVE_INFINITY));
}

/** Makes the same number of comparisons whatever the list holds and wherever the match is. */
function hasDigest(digests: readonly string[], wanted: string): boolean {
  let matches = 0;
  for (let index = 0; index < MAX_SECRETS_PER_APP; index += 1) {
    matches += timingSafeEqual(Buffer.from(digests[index] ?? DUMMY_DIGEST), Buffer.from(wanted)) ? 1 : 0;
  }
  return matches > 0;
}

/**
 * The principal that a node of the same cluster has already authenticated.
 *
 * @param grants that the other node has found out
 * @throws unauthorized – this node knows no such app
 */
export async function principalOf(apps: AppStore, appId: AppId, grants: Grants): Promise<Principal> {
  const app = await apps.findApp(appId);
  if (app === undefined) throw new SfuError('unauthorized', `this node has no app ${appId}`);
  return { appId, settings: app.settings, grants };
}
