/** Endpoints for second factors: authenticators (TOTP) and passkeys. */
import { type OidcConnection, type Passkey, type PasskeySite, passkeySiteOf } from '@causeway/accounts';
import {
  AddPasskeyRequest,
  type AdminOidcConnection,
  type AdminPasskey,
  ConfirmTotpRequest,
  OfferPasskeyRequest,
  OfferTotpRequest,
  parseRequest,
  RemoveTotpRequest,
  SfuError,
} from '@causeway/protocol';
import { timeText } from './admin-bodies.ts';
import { type AdminCall, type AdminRoute, personOf } from './admin-route.ts';

/** The endpoints for the caller's second factors. */
export const FACTOR_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'readFactors',
    access: 'person',
    method: 'get',
    path: '/me/factors',
    summary: 'List your second factors',
    reply: 'FactorsReply',
    errors: ['forbidden'],
    async handle(call) {
      const { totp, passkeys, oidc, hasPassword } = await call.accounts.readFactors(personOf(call).person.id);
      const connected = oidc === undefined ? {} : { oidc: connectionBody(oidc) };
      return { body: { totp, passkeys: passkeys.map(passkeyBody), ...connected, hasPassword } };
    },
  },
  {
    operationId: 'offerTotp',
    access: 'person',
    method: 'post',
    path: '/me/totp',
    summary: 'Request the seed of an authenticator',
    description: 'It takes effect once a code generated from it is confirmed. Until then, another request replaces it.',
    request: 'OfferTotpRequest',
    reply: 'OfferTotpReply',
    errors: ['unauthorized', 'forbidden', 'factor_conflict'],
    async handle(call) {
      const { password } = parseRequest(OfferTotpRequest, call.body);
      return { body: await call.accounts.offerTotp(personOf(call).person.id, password, call.host) };
    },
  },
  {
    operationId: 'confirmTotp',
    access: 'person',
    method: 'post',
    path: '/me/totp/confirm',
    summary: 'Require codes for signing in',
    description: 'All other sign-ins of the person end.',
    request: 'ConfirmTotpRequest',
    reply: 'ConfirmTotpReply',
    errors: ['code_invalid', 'forbidden', 'factor_conflict'],
    async handle(call) {
      const { code } = parseRequest(ConfirmTotpRequest, call.body);
      const { person, digest } = personOf(call);
      return { body: { recoveryCodes: await call.accounts.confirmTotp(person.id, code, digest) } };
    },
  },
  {
    operationId: 'removeTotp',
    access: 'person',
    method: 'post',
    path: '/me/totp/remove',
    summary: 'Stop requiring codes for signing in',
    request: 'RemoveTotpRequest',
    reply: 'RemovedReply',
    errors: ['unauthorized', 'code_invalid', 'forbidden', 'factor_conflict'],
    async handle(call) {
      const { password, code } = parseRequest(RemoveTotpRequest, call.body);
      await call.accounts.removeTotp(personOf(call).person.id, password, code);
      return { body: { success: true } };
    },
  },
  {
    operationId: 'offerPasskey',
    access: 'person',
    method: 'post',
    path: '/me/passkeys/options',
    summary: 'Request the options for creating a passkey',
    request: 'OfferPasskeyRequest',
    reply: 'PasskeyOptionsReply',
    errors: ['unauthorized', 'forbidden', 'quota_exceeded'],
    async handle(call) {
      const { password } = parseRequest(OfferPasskeyRequest, call.body);
      return { body: await call.accounts.offerPasskey(personOf(call).person.id, password, siteOf(call)) };
    },
  },
  {
    operationId: 'addPasskey',
    access: 'person',
    method: 'post',
    path: '/me/passkeys',
    summary: 'Add a passkey that the browser has created',
    request: 'AddPasskeyRequest',
    reply: 'AdminPasskey',
    errors: ['forbidden'],
    async handle(call) {
      const { name, response } = parseRequest(AddPasskeyRequest, call.body);
      return { body: passkeyBody(await call.accounts.addPasskey(personOf(call).person.id, name, response, siteOf(call))) };
    },
  },
  {
    operationId: 'removePasskey',
    access: 'person',
    method: 'delete',
    path: '/me/passkeys/:passkey_id',
    summary: 'Remove a passkey',
    reply: 'RemovedReply',
    errors: ['forbidden', 'factor_conflict'],
    async handle(call) {
      await call.accounts.removePasskey(personOf(call).person.id, call.params.passkey_id ?? '');
      return { body: { success: true } };
    },
  },
];

/** Returns the relying party for WebAuthn, which is the origin of the calling page. */
export function siteOf({ origin }: AdminCall): PasskeySite {
  if (origin === undefined || !URL.canParse(origin))
    throw new SfuError('invalid_params', 'only pages can create and use passkeys: Origin is missing');
  return passkeySiteOf(origin);
}

function passkeyBody({ id, name, createdAtMs, lastUsedAtMs }: Passkey): AdminPasskey {
  const used = lastUsedAtMs === undefined ? {} : { lastUsedAt: timeText(lastUsedAtMs) };
  return { id, name, createdAt: timeText(createdAtMs), ...used };
}

function connectionBody({ email, connectedAtMs, lastUsedAtMs }: OidcConnection): AdminOidcConnection {
  const used = lastUsedAtMs === undefined ? {} : { lastUsedAt: timeText(lastUsedAtMs) };
  return { email, connectedAt: timeText(connectedAtMs), ...used };
}
