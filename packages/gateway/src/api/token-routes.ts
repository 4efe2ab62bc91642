import { MintTokenRequest, parseRequest, RevokeTokensRequest } from '@causeway/protocol';
import type { Route } from './route.ts';

/** The endpoints about access tokens, which take the secret of the app. */
export const TOKEN_ROUTES: readonly Route[] = [
  {
    operationId: 'mintToken',
    access: 'secret',
    method: 'post',
    path: '/tokens',
    summary: 'Create an access token',
    description:
      'For the backend of the app, which passes the token to a page. Omitted fields restrict nothing; unknown fields are refused.',
    request: 'MintTokenRequest',
    reply: 'MintTokenReply',
    errors: [],
    handle: async (_sfu, { principal, tokens, body }) => ({
      body: await tokens.mint(principal.appId, parseRequest(MintTokenRequest, body)),
    }),
  },
  {
    operationId: 'revokeTokens',
    access: 'secret',
    method: 'post',
    path: '/tokens/revoke',
    summary: 'Revoke tokens',
    description: 'Revokes one token, or all tokens that a subject has been issued so far, on every node within two seconds.',
    request: 'RevokeTokensRequest',
    reply: 'RevokeTokensReply',
    errors: ['quota_exceeded', 'registry_unavailable'],
    async handle(_sfu, { principal, tokens, body }) {
      await tokens.revoke(principal.appId, parseRequest(RevokeTokensRequest, body));
      return { body: { success: true } };
    },
  },
];
