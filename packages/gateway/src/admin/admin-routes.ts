import type { BookedApp, BookedKey, NewAppTokenKey, NewKey } from '@causeway/accounts';
import {
  CreateAdminKeyRequest,
  CreateAppRequest,
  CreateKeyRequest,
  PatchAppRequest,
  parseRequest,
  RollKeyRequest,
  SetUpRequest,
  SfuError,
} from '@causeway/protocol';
import type { RouteReply } from '../api/route.ts';
import { appBody, auditBody, keyBody, orgBody } from './admin-bodies.ts';
import type { AdminRoute } from './admin-route.ts';
import { CREATE_APP_TOKEN } from './app-tokens.ts';
import { FACTOR_ROUTES } from './factor-routes.ts';
import { OIDC_CONNECTION_ROUTES, OIDC_SIGN_IN_ROUTES } from './oidc-routes.ts';
import { actorOf, ownApp, ownKey, ownOrg, pageOf } from './owned.ts';
import { MEMBER_ROUTES, SIGN_IN_ROUTES } from './people-routes.ts';
import { USAGE_ROUTES } from './usage-routes.ts';
import { WEBHOOK_ROUTES } from './webhook-routes.ts';

const MS_PER_SECOND = 1_000;
const REMOVED: RouteReply = { body: { success: true } };

const BOOK_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'setUp',
    access: 'open',
    method: 'post',
    path: '/set-up',
    summary: 'Create the first organisation and a key to manage it',
    description: 'Requires the one-time token that a node prints when it starts and there is no organisation yet.',
    request: 'SetUpRequest',
    reply: 'SetUpReply',
    errors: ['unauthorized'],
    async handle({ books, body }) {
      const { setUpToken, organisation } = parseRequest(SetUpRequest, body);
      const { org, issued } = await books.completeSetUp(setUpToken, organisation);
      return { body: { organisation: orgBody(org), key: keyBody(issued.key), secret: issued.secret } };
    },
  },
  ...SIGN_IN_ROUTES,
  ...OIDC_SIGN_IN_ROUTES,
  ...FACTOR_ROUTES,
  ...OIDC_CONNECTION_ROUTES,
  {
    operationId: 'listApps',
    access: 'admin',
    method: 'get',
    path: '/organisations/:org_id/apps',
    summary: 'List the apps of an organisation',
    query: 'AdminPageQuery',
    reply: 'AdminAppList',
    errors: ['org_not_found'],
    async handle(call) {
      const org = await ownOrg(call, 'read');
      return { body: { apps: (await call.books.listApps(org.id, pageOf(call))).map(appBody) } };
    },
  },
  {
    operationId: 'createApp',
    access: 'admin',
    method: 'post',
    path: '/organisations/:org_id/apps',
    summary: 'Create an app',
    description: 'It has no key yet, so it cannot be used until one is created.',
    request: 'CreateAppRequest',
    reply: 'AdminApp',
    errors: ['forbidden', 'org_not_found', 'app_conflict'],
    async handle(call) {
      const org = await ownOrg(call, 'develop');
      const { id, name, settings } = parseRequest(CreateAppRequest, call.body);
      if (id !== undefined && call.isConfigured(id))
        throw new SfuError('app_conflict', `app ${id} is already in the configuration of this node`);
      const wanted = {
        orgId: org.id,
        name,
        ...(id === undefined ? {} : { id }),
        ...(settings === undefined ? {} : { settings: setOnly(settings) }),
      };
      return appReply(await call.books.createApp(wanted, actorOf(call)));
    },
  },
  {
    operationId: 'readApp',
    access: 'admin',
    method: 'get',
    path: '/apps/:app_id',
    summary: 'Show an app',
    reply: 'AdminApp',
    errors: ['app_not_found'],
    handle: async (call) => appReply(await ownApp(call, 'read')),
  },
  {
    operationId: 'changeApp',
    access: 'admin',
    method: 'patch',
    path: '/apps/:app_id',
    summary: 'Change the name or the settings of an app',
    description:
      'A JSON merge patch: a setting that is null returns to its default. With `If-Match: "<version>"`, it fails if the app has changed since that version. New settings take effect within two seconds.',
    request: 'PatchAppRequest',
    reply: 'AdminApp',
    errors: ['forbidden', 'app_not_found', 'version_conflict'],
    async handle(call) {
      const { id } = await ownApp(call, 'develop');
      const { name, settings } = parseRequest(PatchAppRequest, call.body);
      const patch = {
        ...(name === undefined ? {} : { name }),
        ...(settings === undefined ? {} : { settings: setOnly(settings) }),
        ...(call.ifVersion === undefined ? {} : { ifVersion: call.ifVersion }),
      };
      return appReply(await call.books.updateApp(id, patch, actorOf(call)));
    },
  },
  {
    operationId: 'removeApp',
    access: 'admin',
    method: 'delete',
    path: '/apps/:app_id',
    summary: 'Remove an app',
    description: 'Its keys end with it; calls with its tokens are refused within two seconds. Existing sessions continue until they end.',
    reply: 'RemovedReply',
    errors: ['forbidden', 'app_not_found'],
    async handle(call) {
      await call.books.removeApp((await ownApp(call, 'develop')).id, actorOf(call));
      return REMOVED;
    },
  },
  {
    operationId: 'listKeys',
    access: 'admin',
    method: 'get',
    path: '/apps/:app_id/keys',
    summary: 'List the keys of an app',
    reply: 'AdminKeyList',
    errors: ['app_not_found'],
    handle: async (call) => ({ body: { keys: (await call.books.listKeys((await ownApp(call, 'read')).id)).map(keyBody) } }),
  },
  {
    operationId: 'createKey',
    access: 'admin',
    method: 'post',
    path: '/apps/:app_id/keys',
    summary: 'Create a key of an app',
    description: 'An app has at most two live secrets and two live signing keys: the old one and the new one.',
    request: 'CreateKeyRequest',
    reply: 'CreateKeyReply',
    errors: ['forbidden', 'app_not_found', 'quota_exceeded', 'key_conflict'],
    async handle(call) {
      const { id } = await ownApp(call, 'develop');
      const { signing, name, expiresIn } = parseRequest(CreateKeyRequest, call.body);
      if (signing === undefined) return issuedReply(await call.books.createSecret(id, newKey({ name, expiresIn }), actorOf(call)));
      if (expiresIn !== undefined)
        throw new SfuError('invalid_params', 'expiresIn is not allowed for signing keys', { details: { path: 'expiresIn' } });
      const key = await call.books.addSigningKey(id, { ...signing, name } as NewAppTokenKey & { name: string }, actorOf(call));
      return { body: { key: keyBody(key) } };
    },
  },
  CREATE_APP_TOKEN,
  {
    operationId: 'rollKey',
    access: 'admin',
    method: 'post',
    path: '/keys/:key_id/roll',
    summary: 'Replace a key with a new one',
    request: 'RollKeyRequest',
    reply: 'IssuedKeyReply',
    errors: ['forbidden', 'key_not_found', 'key_conflict', 'quota_exceeded'],
    async handle(call) {
      const { id } = await ownKey(call);
      const { expiresIn } = parseRequest(RollKeyRequest, call.body ?? {});
      return issuedReply(await call.books.rollKey(id, expiresIn * MS_PER_SECOND, actorOf(call)));
    },
  },
  {
    operationId: 'revokeKey',
    access: 'admin',
    method: 'delete',
    path: '/keys/:key_id',
    summary: 'End a key',
    description: 'It is refused everywhere within two seconds.',
    reply: 'AdminKey',
    errors: ['forbidden', 'key_not_found'],
    handle: async (call) => ({ body: keyBody(await call.books.revokeKey((await ownKey(call)).id, actorOf(call))) }),
  },
  {
    operationId: 'listAdminKeys',
    access: 'admin',
    method: 'get',
    path: '/organisations/:org_id/keys',
    summary: 'List the keys for this API',
    reply: 'AdminKeyList',
    errors: ['forbidden', 'org_not_found'],
    handle: async (call) => ({ body: { keys: (await call.books.listAdminKeys((await ownOrg(call, 'administer')).id)).map(keyBody) } }),
  },
  {
    operationId: 'createAdminKey',
    access: 'admin',
    method: 'post',
    path: '/organisations/:org_id/keys',
    summary: 'Create a key for this API',
    request: 'CreateAdminKeyRequest',
    reply: 'IssuedKeyReply',
    errors: ['forbidden', 'org_not_found'],
    async handle(call) {
      const { id } = await ownOrg(call, 'administer');
      return issuedReply(await call.books.createAdminKey(id, newKey(parseRequest(CreateAdminKeyRequest, call.body)), actorOf(call)));
    },
  },
  ...MEMBER_ROUTES,
  {
    operationId: 'listAudit',
    access: 'admin',
    method: 'get',
    path: '/organisations/:org_id/audit',
    summary: 'List the changes, and who made them',
    query: 'AdminPageQuery',
    reply: 'AdminAuditList',
    errors: ['org_not_found'],
    async handle(call) {
      const { id } = await ownOrg(call, 'read');
      const page = pageOf(call);
      if (page.after !== undefined && !/^[0-9]{1,15}$/.test(page.after)) {
        throw new SfuError('invalid_params', 'after must be the id of an entry', { details: { path: 'after' } });
      }
      return { body: { entries: (await call.books.listAudit(id, page)).map(auditBody) } };
    },
  },
  {
    operationId: 'listNodes',
    access: 'admin',
    method: 'get',
    path: '/nodes',
    summary: 'List the live nodes, and the links of the one that replies',
    reply: 'AdminNodeList',
    errors: [],
    handle: async ({ nodes }) => ({ body: { nodes: [...(await nodes())] } }),
  },
];

/** Every endpoint of the admin API. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [...BOOK_ROUTES, ...USAGE_ROUTES, ...WEBHOOK_ROUTES];

/** zod gives a missing field the same type as an undefined one, so undefined fields are removed. */
function setOnly<Settings extends object>(settings: Settings): { readonly [Name in keyof Settings]?: Exclude<Settings[Name], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never;
}

function newKey({ name, expiresIn }: { readonly name: string; readonly expiresIn?: number | undefined }): NewKey {
  return { name, ...(expiresIn === undefined ? {} : { expiresInMs: expiresIn * MS_PER_SECOND }) };
}

function appReply(app: BookedApp): RouteReply {
  return { body: appBody(app), headers: { ETag: `"${app.version}"` } };
}

function issuedReply({ key, secret }: { readonly key: BookedKey; readonly secret: string }): RouteReply {
  return { body: { key: keyBody(key), secret } };
}
