/** The way to the OpenID provider and back, in one tab. */
import type { OidcOfferReply, WhoAmIReply } from '@causeway/protocol';
import type { AdminApi } from './admin-api.ts';

/** This tab alone holds it, so that a link from an attacker cannot finish the attacker's own sign-in in another browser. */
const TICKET = 'causeway.provider-ticket';

/** @param baseUrl of the console @returns the page to which the provider sends the browser back */
export function callbackPage(baseUrl: string): string {
  return new URL('oidc', baseUrl).href;
}

/** Leaves for the provider. Never resolves: the page ends. */
export function leaveFor({ url, ticket }: OidcOfferReply): Promise<never> {
  sessionStorage.setItem(TICKET, ticket);
  window.location.assign(url);
  return new Promise(() => undefined);
}

/** @param query that the provider has added @throws Error – this tab has not been sent there; what the node refuses */
export async function comeBack(admin: AdminApi, query: string): Promise<WhoAmIReply> {
  const ticket = sessionStorage.getItem(TICKET);
  sessionStorage.removeItem(TICKET);
  if (ticket === null) throw new Error('This sign-in did not begin in this tab, or was finished already. Begin again.');
  return admin.signInWithOidc(ticket, query);
}
