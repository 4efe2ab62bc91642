/**
 * Speaks to the OpenID provider through `openid-client`: the authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 9700
 * §2.1).
 */
import type { OidcSettings } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { ClientAuth, Configuration, IDToken } from 'openid-client';

/** The values that bind a reply of the provider to one sign-in. They can be derived only with the ticket, which is in one browser. */
export interface OidcSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The claims of the provider about a person. */
export interface OidcIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** Undefined if the provider claims no address, or does not claim to have verified it. */
  readonly verifiedEmail: string | undefined;
  /** The claimed address, verified or not; empty if there is none. */
  readonly email: string;
  readonly name: string | undefined;
}

/** Nothing is requested but name and address. */
const SCOPE = 'openid email profile';
/** A call takes up to four requests and must end within ten seconds. */
const REQUEST_TIMEOUT_SECONDS = 2;
/** A provider's endpoints seldom change. When its keys do, the library reads them again. */
const METADATA_LIFE_MS = 3_600_000;
/** A provider's replies have a few kilobytes. A faulty one that does not end must not fill the memory of a node. */
const MAX_REPLY_BYTES = 1_000_000;
const RETRY_AFTER_MS = 5_000;
const MAX_SAID_LENGTH = 200;
/** The library's error codes for a reply that did not arrive, or was not an OAuth reply. */
const UNANSWERED: readonly unknown[] = ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM'];
/** The names of the errors when `fetch` cannot connect, and when a reply takes too long or is too long, even if it has begun. */
const CUT_OFF: readonly unknown[] = ['TypeError', 'TimeoutError', 'RangeError'];

/** Loaded at the first sign-in with a provider, so that it does not delay the start of a node. */
const openId = () => import('openid-client');

/** A client of one provider, whose metadata it reads when they are first needed, and again after an hour or a failure. */
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
   * Exchanges the authorization code that the browser has brought back for the claims about the person. The library checks state, issuer,
   * audience, times, nonce and the signature of the ID token.
   *
   * @param callbackUrl with the query that the provider has added
   * @throws SfuError `unauthorized` – the provider has refused, or its reply is not valid; `identity_provider_unavailable`
   */
  async identify(callbackUrl: string, { state, nonce, verifier }: OidcSecrets): Promise<OidcIdentity> {
    const { authorizationCodeGrant, fetchUserInfo } = await openId();
    const configuration = await this.#configuration();
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    const tokens = await authorizationCodeGrant(configuration, new URL(callbackUrl), checks).catch(refuse);
    const claims = tokens.claims() as IDToken;
    // Many providers return the address only from the UserInfo endpoint (OpenID Connect Core 1.0 §5.4).
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

  /** Chooses a method that the provider supports. One that lists none supports Basic (OpenID Connect Discovery 1.0 §3). */
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

/** Calls `fetch`, and fails if the reply is longer than any of a provider should be. */
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

/** An error that the provider has answered with is final; if no answer arrived, another attempt may succeed. */
async function refuse(cause: unknown): Promise<never> {
  const { AuthorizationResponseError, ResponseBodyError } = await openId();
  if (cause instanceof AuthorizationResponseError || cause instanceof ResponseBodyError) {
    const said = cause.error_description === undefined ? cause.error : `${cause.error}: ${cause.error_description}`;
    throw new SfuError('unauthorized', `the identity provider has refused the sign-in (${said.slice(0, MAX_SAID_LENGTH)})`, { cause });
  }
  const isUnanswered = chainOf(cause).some(({ name, code }) => CUT_OFF.includes(name) || UNANSWERED.includes(code));
  if (isUnanswered) throw unavailable(reasonOf(cause), cause);
  throw new SfuError('unauthorized', `the reply of the identity provider is not valid: ${reasonOf(cause)}`, { cause });
}

function unavailable(reason: string, cause: unknown): SfuError {
  const message = `the identity provider is not responding as expected: ${reason}`;
  return new SfuError('identity_provider_unavailable', message, { retryAfterMs: RETRY_AFTER_MS, cause });
}

/** The innermost message is the most specific. None of the library's messages contains a token or a secret. */
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

/** Lists an error and its causes, outermost first. */
function chainOf(error: unknown): readonly ErrorFacts[] {
  const chain: ErrorFacts[] = [];
  for (let each = error; typeof each === 'object' && each !== null; each = (each as Error).cause) chain.push(each as ErrorFacts);
  return chain;
}
