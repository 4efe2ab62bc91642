/**
 * Finds the objects that a call of the admin API names. Those of organisations that the caller does not belong to are treated as missing.
 */
import type { Actor, BookedApp, BookedKey, Org, PageRequest } from '@causeway/accounts';
import { AdminPageQuery, type AppId, parseAppId, parseRequest, type Right, SfuError } from '@causeway/protocol';
import { type AdminCall, mayIn, roleIn } from './admin-route.ts';

/** Returns the caller as the audit names it. */
export function actorOf({ caller }: AdminCall): Actor {
  if (caller.kind === 'person') return { kind: 'person', id: caller.person.id };
  return caller.kind === 'key' ? { kind: 'key', id: caller.key.id } : { kind: 'operator' };
}

/** @throws SfuError `org_not_found`; `forbidden` – the caller's role does not include the right */
export async function ownOrg(call: AdminCall, right: Right): Promise<Org> {
  const { org_id: orgId = '' } = call.params;
  if (roleIn(call.caller, orgId) === undefined) throw new SfuError('org_not_found', `there is no organisation ${orgId}`);
  requireRight(call, orgId, right);
  return call.books.findOrg(orgId);
}

/** @throws SfuError `app_not_found`; `forbidden` – the caller's role does not include the right */
export async function ownApp(call: AdminCall, right: Right): Promise<BookedApp> {
  const { app_id: text = '' } = call.params;
  const appId: AppId | undefined = parseAppId(text);
  const app = appId === undefined ? undefined : await call.books.findApp(appId);
  // The message is that of the books, so that apps of other organisations cannot be distinguished from missing ones.
  if (app === undefined || roleIn(call.caller, app.orgId) === undefined) throw new SfuError('app_not_found', `there is no app ${text}`);
  requireRight(call, app.orgId, right);
  return app;
}

/** @throws SfuError `key_not_found`; `forbidden` – the caller's role does not include the right */
export async function ownKey(call: AdminCall): Promise<BookedKey> {
  const { key_id: text = '' } = call.params;
  const found = await call.books.findKey(text);
  if (roleIn(call.caller, found.orgId) === undefined) throw new SfuError('key_not_found', `there is no key ${text}`);
  requireRight(call, found.orgId, found.kind === 'admin' ? 'administer' : 'develop');
  return found;
}

/** @throws SfuError `forbidden` – the caller's role does not include the right */
export function requireRight({ caller }: AdminCall, orgId: string, right: Right): void {
  if (!mayIn(caller, orgId, right)) {
    throw new SfuError('forbidden', `your role in this organisation (${roleIn(caller, orgId)}) does not allow this`);
  }
}

/** @throws SfuError `invalid_params` */
export function pageOf({ query }: AdminCall): PageRequest {
  const { after, limit } = parseRequest(AdminPageQuery, query);
  return { limit, ...(after === undefined ? {} : { after }) };
}
