/** What people prove themselves with beside their passwords. */
import { ConfirmTotpRequest, OfferTotpRequest, parseRequest, RemoveTotpRequest, SfuError } from '@causeway/protocol';
import type { AdminCall, AdminCaller, AdminRoute } from './admin-route.ts';

/** The second factors of the person who calls. */
export const FACTOR_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'readFactors',
    access: 'person',
    method: 'get',
    path: '/me/factors',
    summary: 'Tell which second factors you have',
    reply: 'FactorsReply',
    errors: ['forbidden'],
    handle: async (call) => ({ body: await call.accounts.readFactors(personOf(call).person.id) }),
  },
  {
    operationId: 'offerTotp',
    access: 'person',
    method: 'post',
    path: '/me/totp',
    summary: 'Ask for the seed of an authenticator',
    description: 'It is in force once a code of it was confirmed. Until then, asking again replaces it.',
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
    summary: 'Have signing in ask for codes',
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
    summary: 'Sign in without codes again',
    request: 'RemoveTotpRequest',
    reply: 'RemovedReply',
    errors: ['unauthorized', 'code_invalid', 'forbidden', 'factor_conflict'],
    async handle(call) {
      const { password, code } = parseRequest(RemoveTotpRequest, call.body);
      await call.accounts.removeTotp(personOf(call).person.id, password, code);
      return { body: { success: true } };
    },
  },
];

/** The router lets no one else call a route for people. */
export function personOf({ caller }: AdminCall): Extract<AdminCaller, { kind: 'person' }> {
  if (caller.kind !== 'person') throw new SfuError('forbidden', 'this is for people who are signed in');
  return caller;
}
