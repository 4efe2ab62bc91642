/** Endpoints for signing in with the operator's OpenID provider. */
import {
  OfferOidcConnectionRequest,
  OfferOidcSignInRequest,
  OidcSignInRequest,
  parseRequest,
  SfuError,
  type SignInWaysReply,
} from '@causeway/protocol';
import { type AdminCall, type AdminRoute, personOf } from './admin-route.ts';
import { signedInReply } from './people-routes.ts';

/** The page to which the provider sends the browser back. */
const CALLBACK_PAGE = /\/oidc$/;

/** People sign in through these routes, so their callers are not signed in yet. */
export const OIDC_SIGN_IN_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'listSignInWays',
    access: 'open',
    method: 'get',
    path: '/sign-in',
    summary: 'List the ways to sign in besides passwords and passkeys',
    reply: 'SignInWaysReply',
    errors: [],
    async handle({ oidcName }) {
      const body: SignInWaysReply = oidcName === undefined ? {} : { oidc: { name: oidcName } };
      return { body };
    },
  },
  {
    operationId: 'offerOidcSignIn',
    access: 'open',
    method: 'post',
    path: '/sign-in/oidc/offer',
    summary: 'Begin to sign in with the OpenID provider',
    description: 'Open `url` in the same tab, keep `ticket`, and send it with the query that the provider adds to `redirectUri`.',
    request: 'OfferOidcSignInRequest',
    reply: 'OidcOfferReply',
    errors: ['route_not_found', 'invitation_not_found', 'identity_provider_unavailable'],
    async handle(call) {
      const { redirectUri, invitationToken } = parseRequest(OfferOidcSignInRequest, call.body);
      return { body: await call.accounts.offerOidcSignIn(ownPage(call, redirectUri), invitationToken) };
    },
  },
  {
    operationId: 'signInWithOidc',
    access: 'open',
    setsCookie: true,
    method: 'post',
    path: '/sign-in/oidc',
    summary: 'Sign in with the OpenID provider, for the pages of this node',
    description: 'Sets a cookie. No password or code is needed. The same call finishes accepting an invitation and connecting a person.',
    request: 'OidcSignInRequest',
    reply: 'WhoAmIReply',
    errors: [
      'unauthorized',
      'forbidden',
      'route_not_found',
      'invitation_not_found',
      'member_conflict',
      'factor_conflict',
      'identity_provider_unavailable',
    ],
    async handle({ accounts, body }) {
      const { ticket, query } = parseRequest(OidcSignInRequest, body);
      return signedInReply(await accounts.signInWithOidc(ticket, query));
    },
  },
];

/** People who are signed in connect their account with the provider through these routes. */
export const OIDC_CONNECTION_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'offerOidcConnection',
    access: 'person',
    method: 'post',
    path: '/me/oidc/offer',
    summary: 'Begin to connect to the OpenID provider',
    description: 'The remaining steps are those of signing in with it.',
    request: 'OfferOidcConnectionRequest',
    reply: 'OidcOfferReply',
    errors: ['unauthorized', 'forbidden', 'route_not_found', 'factor_conflict', 'identity_provider_unavailable'],
    async handle(call) {
      const { redirectUri, password } = parseRequest(OfferOidcConnectionRequest, call.body);
      return { body: await call.accounts.offerOidcConnection(personOf(call).person.id, password, ownPage(call, redirectUri)) };
    },
  },
  {
    operationId: 'disconnectOidc',
    access: 'person',
    method: 'delete',
    path: '/me/oidc',
    summary: 'Disconnect from the OpenID provider',
    reply: 'RemovedReply',
    errors: ['forbidden', 'route_not_found', 'factor_conflict'],
    async handle(call) {
      await call.accounts.disconnectOidc(personOf(call).person.id);
      return { body: { success: true } };
    },
  },
];

/**
 * @throws SfuError `invalid_params` – the URI is not the callback page of the calling console; the provider, too, accepts only registered
 *   ones
 */
function ownPage({ origin }: AdminCall, redirectUri: string): string {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined;
  const isOwn = url !== undefined && url.origin === origin && url.href === redirectUri;
  if (isOwn && CALLBACK_PAGE.test(url.pathname) && url.search === '' && url.hash === '') return redirectUri;
  throw new SfuError('invalid_params', 'redirectUri: must be the page /oidc of the calling console', {
    details: { path: 'redirectUri' },
  });
}
