/** Tokens with which people call the API of an app from the console, which has no secret. */
import type { AppId } from '@causeway/protocol';
import { TOKEN_ACTIONS, type TokenAction } from '@causeway/protocol';
import { type AdminCall, type AdminReply, type AdminRoute, mayIn } from './admin-route.ts';
import { ownApp } from './owned.ts';

/**
 * This is short because a token stays valid this long after a sign-out, and after the removal of a member if
 * revocations cannot be distributed.
 */
const TOKEN_SECONDS = 300;
/** Allows listing sessions, but not receiving what they send. */
const READER_ACTIONS: readonly TokenAction[] = ['list'];
const APPS_PER_PAGE = 100;

/** Creates a token for an app, for the calling person. */
export const CREATE_APP_TOKEN: AdminRoute = {
  operationId: 'createAppToken',
  access: 'person',
  method: 'post',
  path: '/apps/:app_id/tokens',
  summary: 'Create a token for the API of an app, for yourself',
  description: `Valid for ${TOKEN_SECONDS / 60} minutes. With the right to change apps, it allows everything; otherwise, it only allows listing sessions.`,
  reply: 'AppTokenReply',
  errors: ['app_not_found', 'forbidden'],
  async handle(call): Promise<AdminReply> {
    const app = await ownApp(call, 'read');
    const actions = mayIn(call.caller, app.orgId, 'develop') ? TOKEN_ACTIONS : READER_ACTIONS;
    const personId = call.caller.kind === 'person' ? call.caller.person.id : '';
    const minted = await call.tokens.mint(app.id, { sub: subjectOf(personId), expiresIn: TOKEN_SECONDS, act: [...actions] });
    return { body: { token: minted.token, expiresAt: minted.expiresAt, actions: [...actions] } };
  },
};

/** Ends the tokens of a person for the apps of an organisation, and the sessions created with them. */
export async function endAppTokens({ books, tokens }: AdminCall, orgId: string, personId: string): Promise<void> {
  for (let after = ''; ; ) {
    const apps = await books.listApps(orgId, { limit: APPS_PER_PAGE, after });
    // The change is made even if Redis cannot be informed now; tokens expire soon by themselves.
    await Promise.all(apps.map(({ id }) => revoke(tokens, id, personId).catch(() => undefined)));
    const last = apps.at(-1);
    if (last === undefined || apps.length < APPS_PER_PAGE) return;
    after = last.id;
  }
}

function revoke(tokens: AdminCall['tokens'], appId: AppId, personId: string): Promise<void> {
  return tokens.revoke(appId, { sub: subjectOf(personId), closeSessions: true });
}

/** Apps name their own users without a colon, or with another prefix; this one shows where the token comes from. */
function subjectOf(personId: string): string {
  return `console:${personId}`;
}
