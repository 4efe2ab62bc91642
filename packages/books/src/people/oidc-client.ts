/** The OpenID provider, as `openid-client` speaks to it: authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 9700 §2.1). */
import type { OidcSettings } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { ClientAuth, Configuration, IDToken } from 'openid-client';

/** What one sign-in is told apart from others by. Only the browser that has the ticket has them. */
export interface OidcSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** What the provider says about someone. */
export interface OidcIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** Undefined if the provider names no address, or does not say that it has verified it. */
  readonly verifiedEmail: string | undefined;
  /** What it names, verified or not; empty if it names none. */
  readonly email: string;
  readonly name: string | undefined;
}

/** Name and address are all that is asked for. */
const SCOPE = 'openid email profile';
/** There are up to four requests in a call, which has ten seconds. */
const REQUEST_TIMEOUT_SECONDS = 2;
/** Providers seldom move; their keys are read again by the library when they change. */
const METADATA_LIFE_MS = 3_600_000;
/** A provider's replies are a few kilobytes; one that goes on is no reply, and must not fill the memory of a node. */
const MAX_REPLY_BYTES = 1_000_000;
const RETRY_AFTER_MS = 5_000;
const MAX_SAID_LENGTH = 200;
/** What the library says of a reply that did not come, or was none. */
const UNANSWERED: readonly unknown[] = ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM'];
/** What `fetch` throws when there is no connection, and what ends a reply that takes too long or is too long, also in the middle of it. */
const CUT_OFF: readonly unknown[] = ['TypeError', 'TimeoutError', 'RangeError'];

/** Loaded when someone first signs in with a provider; the start of a node need not wait for it. */
const openId = () => import('openid-client');

/** One provider. Its metadata is read when it is first needed, and again after an hour or a failure. */
export class OidcClient {
  readonly #settings: OidcSettings;
  readonly #nowMs: () => number;
  #known: { readonly configuration: Promise<Configuration>; readonly atMs: number } | undefined;

  /** @param nowMs milliseconds since 1970 */
  constructor(settings: OidcSettings, nowMs: () => number) {
    this.#settings = settings;
    this.#nowMs = nowMs;
  }

  /** @returns the page of the provider to open @throws SfuError `identity_provider_unavailable` */
  async authorizationUrl(redirectUri: string, { state, nonce, verifier }: OidcSecrets): Promise<string> {
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await openId();
    const configuration = await this.#configuration();
    const parameters = {
      redirect_uri: redirectUri,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    return buildAuthorizationUrl(configuration, parameters).href;
  }

  /**
   * Trades the code that the provider gave the browser for what it says about the person. The library checks state, issuer, audience, times,
   * nonce and the signature of the ID token.
   *
   * @param callbackUrl with the query that the provider has added
   * @throws SfuError `unauthorized` – the provider has refused, or what it says is not valid; `identity_provider_unavailable`
   */
  async identify(callbackUrl: string, { state, nonce, verifier }: OidcSecrets): Promise<OidcIdentity> {
    const { authorizationCodeGrant, fetchUserInfo } = await openId();
    const configuration = await this.#configuration();
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    const tokens = await authorizationCodeGrant(configuration, new URL(callbackUrl), checks).catch(refuse);
    const claims = tokens.claims() as IDToken;
    // Many providers put the address only where the access token reaches it (OpenID Connect Core 1.0 §5.4).
    const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
    const more =
      claims.email === undefined && hasUserInfo ? await fetchUserInfo(configuration, tokens.access_token, claims.sub).catch(refuse) : {};
    const { email, email_verified: isVerified, name } = { ...more, ...claims } as Readonly<Record<string, unknown>>;
    const address = typeof email === 'string' ? email : '';
    return {
      issuer: claims.iss,
      subject: claims.sub,
      email: address,
      verifiedEmail: isVerified === true && address !== '' ? address : undefined,
      name: typeof name === 'string' && name !== '' ? name : undefined,
    };
  }

  #configuration(): Promise<Configuration> {
    const nowMs = this.#nowMs();
    if (this.#known === undefined || nowMs - this.#known.atMs >= METADATA_LIFE_MS) {
      const configuration = this.#discover();
      const known = { configuration, atMs: nowMs };
      this.#known = known;
      configuration.catch(() => {
        if (this.#known === known) this.#known = undefined;
      });
    }
    return this.#known.configuration;
  }

  async #discover(): Promise<Configuration> {
    const { allowInsecureRequests, customFetch, discovery, enableNonRepudiationChecks } = await openId();
    const { issuer, clientId } = this.#settings;
    const isPlain = issuer.startsWith('http:');
    const options = {
      timeout: REQUEST_TIMEOUT_SECONDS,
      [customFetch]: fetchWithinBounds,
      execute: [enableNonRepudiationChecks, ...(isPlain ? [allowInsecureRequests] : [])],
    };
    const authentication = await this.#clientAuthentication();
    return discovery(new URL(issuer), clientId, undefined, authentication, options).catch((cause: unknown) => {
      throw unavailable(`its metadata cannot be read: ${reasonOf(cause)}`, cause);
    });
  }

  /** As the provider takes it: Basic is what one takes that names nothing (OpenID Connect Discovery 1.0 §3). */
  async #clientAuthentication(): Promise<ClientAuth> {
    const { ClientSecretBasic, ClientSecretPost, None } = await openId();
    const { clientSecret } = this.#settings;
    if (clientSecret === undefined) return None();
    const [basic, post] = [ClientSecretBasic(clientSecret), ClientSecretPost(clientSecret)];
    return (server, ...rest) => {
      const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
      return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
    };
  }
}

/** Fails a reply that is longer than those of a provider. */
async function fetchWithinBounds(url: string, init: object): Promise<Response> {
  const { body, status, statusText, headers } = await fetch(url, init);
  let bytes = 0;
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > MAX_REPLY_BYTES) controller.error(new RangeError(`a reply of ${url} is longer than ${MAX_REPLY_BYTES} bytes`));
      else controller.enqueue(chunk);
    },
  });
  return new Response(body?.pipeThrough(bound) ?? null, { status, statusText, headers });
}

/** An answer that arrived is a refusal; one that did not may arrive the next time. */
async function refuse(cause: unknown): Promise<never> {
  const { AuthorizationResponseError, ResponseBodyError } = await openId();
  if (cause instanceof AuthorizationResponseError || cause instanceof ResponseBodyError) {
    const said = cause.error_description === undefined ? cause.error : `${cause.error}: ${cause.error_description}`;
    throw new SfuError('unauthorized', `the identity provider has refused the sign-in (${said.slice(0, MAX_SAID_LENGTH)})`, { cause });
  }
  const isUnanswered = chainOf(cause).some(({ name, code }) => CUT_OFF.includes(name) || UNANSWERED.includes(code));
  if (isUnanswered) throw unavailable(reasonOf(cause), cause);
  throw new SfuError('unauthorized', `what the identity provider says is not valid: ${reasonOf(cause)}`, { cause });
}

function unavailable(reason: string, cause: unknown): SfuError {
  const message = `the identity provider does not answer as it should: ${reason}`;
  return new SfuError('identity_provider_unavailable', message, { retryAfterMs: RETRY_AFTER_MS, cause });
}

/** The innermost message says most; none of the library's holds a token or a secret. */
function reasonOf(error: unknown): string {
  if (chainOf(error).some(({ name }) => name === 'TimeoutError')) return `no whole reply within ${REQUEST_TIMEOUT_SECONDS} seconds`;
  const { message = '', code = '' } = chainOf(error).findLast((each) => each.message || each.code) ?? {};
  return (message || String(code)).slice(0, MAX_SAID_LENGTH);
}

interface ErrorFacts {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
}

/** An error and what has caused it, the outermost first. */
function chainOf(error: unknown): readonly ErrorFacts[] {
  const chain: ErrorFacts[] = [];
  for (let each = error; typeof each === 'object' && each !== null; each = (each as Error).cause) chain.push(each as ErrorFacts);
  return chain;
}
