/** Signs a person in through the OpenID provider, in one tab. */
import type { OidcOfferReply, WhoAmIReply } from '@causeway/protocol';
import type { AdminApi } from './admin-api.ts';

/** Only this tab holds the ticket, so that a link from an attacker cannot finish the attacker's own sign-in in another browser. */
const TICKET = 'causeway.provider-ticket';

/** @param baseUrl of the console @returns the page to which the provider sends the browser back */
export function callbackPage(baseUrl: string): string {
  return new URL('oidc', baseUrl).href;
}

/** Navigates to the provider. Never resolves, because the page is unloaded. */
export function leaveFor({ url, ticket }: OidcOfferReply): Promise<never> {
  sessionStorage.setItem(TICKET, ticket);
  window.location.assign(url);
  return new Promise(() => undefined);
}

/** @param query the query that the provider has added @throws Error – this tab did not begin the sign-in, or the node refuses it */
export async function comeBack(admin: AdminApi, query: string): Promise<WhoAmIReply> {
  const ticket = sessionStorage.getItem(TICKET);
  sessionStorage.removeItem(TICKET);
  if (ticket === null) throw new Error('This sign-in was started in another tab, or is already complete. Start again.');
  return admin.signInWithOidc(ticket, query);
}
