/** What a call of the admin API is about, if the caller's organisation owns it. What belongs to another one is not there. */
import type { Actor, BookedApp, BookedKey, Org, PageRequest } from '@causeway/accounts';
import { AdminPageQuery, type AppId, parseAppId, parseRequest, SfuError } from '@causeway/protocol';
import type { AdminCall } from './admin-route.ts';

export function actorOf({ key }: AdminCall): Actor {
  return { kind: 'key', id: key.id };
}

export async function ownOrg({ books, key, params }: AdminCall): Promise<Org> {
  if (params.org_id !== key.orgId) throw new SfuError('org_not_found', `there is no organisation ${params.org_id}`);
  return books.findOrg(key.orgId);
}

export async function ownApp({ books, key, params }: AdminCall): Promise<BookedApp> {
  const { app_id: text = '' } = params;
  const appId: AppId | undefined = parseAppId(text);
  const app = appId === undefined ? undefined : await books.findApp(appId);
  // In the words of the books: those of another organisation are not told from those that are not there.
  if (app === undefined || app.orgId !== key.orgId) throw new SfuError('app_not_found', `there is no app ${text}`);
  return app;
}

export async function ownKey({ books, key, params }: AdminCall): Promise<BookedKey> {
  const { key_id: text = '' } = params;
  const found = await books.findKey(text);
  if (found.orgId !== key.orgId) throw new SfuError('key_not_found', `there is no key ${text}`);
  return found;
}

export function pageOf({ query }: AdminCall): PageRequest {
  const { after, limit } = parseRequest(AdminPageQuery, query);
  return { limit, ...(after === undefined ? {} : { after }) };
}
