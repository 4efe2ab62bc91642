/** The admin API as the console calls it, with a sign-in cookie from the same origin. */
import { type ApiErrorCode, SfuApiError } from '@causeway/client';
import type {
  AcceptInvitationRequest,
  AdminApp,
  AdminAppList,
  AdminAuditList,
  AdminInvitationList,
  AdminKey,
  AdminKeyList,
  AdminMember,
  AdminMemberList,
  AdminNodeList,
  AdminPasskey,
  AdminWebhook,
  AdminWebhookList,
  AppTokenReply,
  BillReply,
  ConfirmTotpReply,
  CreateInvitationReply,
  CreateKeyReply,
  FactorsReply,
  IssuedKeyReply,
  IssuedWebhookReply,
  OfferTotpReply,
  OidcOfferReply,
  PatchAppRequest,
  PatchWebhookRequest,
  ReadInvitationReply,
  ReplayWebhookReply,
  Role,
  SignInRequest,
  SignInWaysReply,
  SignUpRequest,
  UsageReply,
  WebhookDelivery,
  WebhookDeliveryList,
  WhoAmIReply,
} from '@causeway/protocol';
import type { startAuthentication, startRegistration } from '@simplewebauthn/browser';

type PublicKeyCredentialCreationOptionsJSON = Parameters<typeof startRegistration>[0]['optionsJSON'];
type PublicKeyCredentialRequestOptionsJSON = Parameters<typeof startAuthentication>[0]['optionsJSON'];
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The fields of the form for a new webhook. */
export interface NewWebhook {
  readonly url: string;
  readonly description: string;
  /** Types of events, such as `track.*`. */
  readonly events: readonly string[];
}

/** The calls of docs/admin.md that the console makes. All reject with `SfuApiError`. */
export interface AdminApi {
  me(): Promise<WhoAmIReply>;
  signUp(body: SignUpRequest): Promise<WhoAmIReply>;
  signIn(body: SignInRequest): Promise<WhoAmIReply>;
  signOut(): Promise<unknown>;
  changePassword(present: string, next: string): Promise<unknown>;
  readFactors(): Promise<FactorsReply>;
  offerTotp(password: string): Promise<OfferTotpReply>;
  confirmTotp(code: string): Promise<ConfirmTotpReply>;
  removeTotp(password: string, code: string): Promise<unknown>;
  offerPasskey(password: string): Promise<PublicKeyCredentialCreationOptionsJSON>;
  addPasskey(name: string, response: object): Promise<AdminPasskey>;
  removePasskey(passkeyId: string): Promise<unknown>;
  offerPasskeySignIn(): Promise<PublicKeyCredentialRequestOptionsJSON>;
  signInWithPasskey(response: object): Promise<WhoAmIReply>;
  signInWays(): Promise<SignInWaysReply>;
  /** @param redirectUri the page to which the provider sends the browser back */
  offerOidcSignIn(redirectUri: string, invitationToken?: string): Promise<OidcOfferReply>;
  offerOidcConnection(password: string, redirectUri: string): Promise<OidcOfferReply>;
  signInWithOidc(ticket: string, query: string): Promise<WhoAmIReply>;
  disconnectOidc(): Promise<unknown>;
  readInvitation(invitationToken: string): Promise<ReadInvitationReply>;
  acceptInvitation(body: AcceptInvitationRequest): Promise<WhoAmIReply>;

  listApps(orgId: string, after?: string): Promise<AdminAppList>;
  createApp(orgId: string, name: string): Promise<AdminApp>;
  readApp(appId: string): Promise<AdminApp>;
  /** Fails with `version_conflict` if someone else has changed the app first. @param version as the app was read */
  changeApp(appId: string, version: number, patch: PatchAppRequest): Promise<AdminApp>;
  removeApp(appId: string): Promise<unknown>;
  createAppToken(appId: string): Promise<AppTokenReply>;
  /** @param query as `usageQueryText` writes it */
  readUsage(appId: string, query: string): Promise<UsageReply>;
  /** Returns the cost of this month so far. */
  readBill(appId: string): Promise<BillReply>;
  listKeys(appId: string): Promise<AdminKeyList>;
  createKey(appId: string, name: string): Promise<CreateKeyReply>;
  /** @param expiresIn seconds for which the old key stays valid */
  rollKey(keyId: string, expiresIn: number): Promise<IssuedKeyReply>;
  revokeKey(keyId: string): Promise<AdminKey>;

  listWebhooks(appId: string): Promise<AdminWebhookList>;
  createWebhook(appId: string, webhook: NewWebhook): Promise<IssuedWebhookReply>;
  readWebhook(webhookId: string): Promise<AdminWebhook>;
  changeWebhook(webhookId: string, changes: PatchWebhookRequest): Promise<AdminWebhook>;
  removeWebhook(webhookId: string): Promise<unknown>;
  rotateWebhookSecret(webhookId: string): Promise<IssuedWebhookReply>;
  pingWebhook(webhookId: string): Promise<WebhookDelivery>;
  /** @param after the last delivery of the page before */
  listDeliveries(webhookId: string, after?: string): Promise<WebhookDeliveryList>;
  redeliver(webhookId: string, deliveryId: string): Promise<WebhookDelivery>;
  /** @param since ISO 8601 */
  replayWebhook(webhookId: string, since: string): Promise<ReplayWebhookReply>;

  listMembers(orgId: string): Promise<AdminMemberList>;
  changeRole(orgId: string, personId: string, role: Role): Promise<AdminMember>;
  removeMember(orgId: string, personId: string): Promise<unknown>;
  listInvitations(orgId: string): Promise<AdminInvitationList>;
  invite(orgId: string, email: string, role: Role): Promise<CreateInvitationReply>;
  withdrawInvitation(orgId: string, invitationId: string): Promise<unknown>;
  /** @param after the last entry of the page before */
  listAudit(orgId: string, after?: string): Promise<AdminAuditList>;
  listNodes(): Promise<AdminNodeList>;
}

/** @param baseUrl of the node, or of the path that a proxy puts before it, with a slash at its end */
export function createAdminApi(baseUrl: string, send: typeof fetch = (...request) => fetch(...request)): AdminApi {
  const call = async <Reply>(method: Method, path: string, body?: unknown, ifMatch?: string): Promise<Reply> => {
    const condition: Record<string, string> = ifMatch === undefined ? {} : { 'If-Match': ifMatch };
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...condition } };
    const response = await send(new URL(`api/admin/v1${path}`, baseUrl), { method, cache: 'no-store', ...init }).catch((cause: unknown) => {
      throw failure('network_failure', 'the node is not responding', 0, cause);
    });
    const reply: unknown = await response.json().catch(() => undefined);
    if (response.ok && reply !== undefined) return reply as Reply;
    const { errorCode = 'unexpected_reply', errorDescription = `HTTP ${response.status}` } = (reply ?? {}) as Record<string, string>;
    throw failure(errorCode as ApiErrorCode, errorDescription, response.status);
  };
  const org = (orgId: string, path: string) => `/organisations/${encodeURIComponent(orgId)}${path}`;
  const app = (appId: string, path = '') => `/apps/${encodeURIComponent(appId)}${path}`;
  const key = (keyId: string, path = '') => `/keys/${encodeURIComponent(keyId)}${path}`;
  const webhook = (webhookId: string, path = '') => `/webhooks/${encodeURIComponent(webhookId)}${path}`;
  const page = (after: string | undefined) => (after === undefined ? '' : `?after=${encodeURIComponent(after)}`);
  return {
    me: () => call('GET', '/me'),
    signUp: (body) => call('POST', '/sign-up', body),
    signIn: (body) => call('POST', '/sign-in', body),
    signOut: () => call('POST', '/sign-out'),
    changePassword: (present, next) => call('POST', '/me/password', { present, next }),
    readFactors: () => call('GET', '/me/factors'),
    offerTotp: (password) => call('POST', '/me/totp', { password }),
    confirmTotp: (code) => call('POST', '/me/totp/confirm', { code }),
    removeTotp: (password, code) => call('POST', '/me/totp/remove', { password, code }),
    offerPasskey: (password) => call('POST', '/me/passkeys/options', { password }),
    addPasskey: (name, response) => call('POST', '/me/passkeys', { name, response }),
    removePasskey: (passkeyId) => call('DELETE', `/me/passkeys/${encodeURIComponent(passkeyId)}`),
    offerPasskeySignIn: () => call('POST', '/sign-in/passkey/options'),
    signInWithPasskey: (response) => call('POST', '/sign-in/passkey', { response }),
    signInWays: () => call('GET', '/sign-in'),
    offerOidcSignIn: (redirectUri, invitationToken) => call('POST', '/sign-in/oidc/offer', { redirectUri, invitationToken }),
    offerOidcConnection: (password, redirectUri) => call('POST', '/me/oidc/offer', { password, redirectUri }),
    signInWithOidc: (ticket, query) => call('POST', '/sign-in/oidc', { ticket, query }),
    disconnectOidc: () => call('DELETE', '/me/oidc'),
    readInvitation: (invitationToken) => call('POST', '/invitations/read', { invitationToken }),
    acceptInvitation: (body) => call('POST', '/invitations/accept', body),

    listApps: (orgId, after) => call('GET', org(orgId, `/apps${page(after)}`)),
    createApp: (orgId, name) => call('POST', org(orgId, '/apps'), { name }),
    readApp: (appId) => call('GET', app(appId)),
    changeApp: (appId, version, patch) => call('PATCH', app(appId), patch, `"${version}"`),
    removeApp: (appId) => call('DELETE', app(appId)),
    createAppToken: (appId) => call('POST', app(appId, '/tokens')),
    readUsage: (appId, query) => call('GET', app(appId, `/usage?${query}`)),
    readBill: (appId) => call('GET', app(appId, '/bill')),
    listKeys: (appId) => call('GET', app(appId, '/keys')),
    createKey: (appId, name) => call('POST', app(appId, '/keys'), { name }),
    rollKey: (keyId, expiresIn) => call('POST', key(keyId, '/roll'), { expiresIn }),
    revokeKey: (keyId) => call('DELETE', key(keyId)),

    listWebhooks: (appId) => call('GET', app(appId, '/webhooks')),
    createWebhook: (appId, body) => call('POST', app(appId, '/webhooks'), body),
    readWebhook: (webhookId) => call('GET', webhook(webhookId)),
    changeWebhook: (webhookId, changes) => call('PATCH', webhook(webhookId), changes),
    removeWebhook: (webhookId) => call('DELETE', webhook(webhookId)),
    rotateWebhookSecret: (webhookId) => call('POST', webhook(webhookId, '/rotate'), {}),
    pingWebhook: (webhookId) => call('POST', webhook(webhookId, '/ping')),
    listDeliveries: (webhookId, after) => call('GET', webhook(webhookId, `/deliveries${page(after)}`)),
    redeliver: (webhookId, deliveryId) => call('POST', webhook(webhookId, `/deliveries/${encodeURIComponent(deliveryId)}/redeliver`)),
    replayWebhook: (webhookId, since) => call('POST', webhook(webhookId, '/replay'), { since }),

    listMembers: (orgId) => call('GET', org(orgId, '/members')),
    changeRole: (orgId, personId, role) => call('PATCH', org(orgId, `/members/${encodeURIComponent(personId)}`), { role }),
    removeMember: (orgId, personId) => call('DELETE', org(orgId, `/members/${encodeURIComponent(personId)}`)),
    listInvitations: (orgId) => call('GET', org(orgId, '/invitations')),
    invite: (orgId, email, role) => call('POST', org(orgId, '/invitations'), { email, role }),
    withdrawInvitation: (orgId, invitationId) => call('DELETE', org(orgId, `/invitations/${encodeURIComponent(invitationId)}`)),
    listAudit: (orgId, after) => call('GET', org(orgId, `/audit${page(after)}`)),
    listNodes: () => call('GET', '/nodes'),
  };
}

function failure(code: ApiErrorCode, description: string, httpStatus: number, cause?: unknown): SfuApiError {
  return new SfuApiError({ code, description, httpStatus, isRetryable: httpStatus === 0 }, cause);
}

/** The code of a refusal; undefined for any other error. */
export function codeOf(error: unknown): ApiErrorCode | undefined {
  return error instanceof SfuApiError ? error.facts.code : undefined;
}
