/** Tokens with which people call the API of an app from the console, which holds no secret. */
import type { AppId } from '@causeway/protocol';
import { TOKEN_ACTIONS, type TokenAction } from '@causeway/protocol';
import { type AdminCall, type AdminReply, type AdminRoute, mayIn } from './admin-route.ts';
import { ownApp } from './owned.ts';

/** Short: it is how long a token outlives a sign-out, and a removed member where revocations cannot be told. */
const TOKEN_SECONDS = 300;
/** Looking at sessions, and at nothing that they send. */
const READER_ACTIONS: readonly TokenAction[] = ['list'];
const APPS_PER_PAGE = 100;

/** Makes a token of the calling person for an app. */
export const CREATE_APP_TOKEN: AdminRoute = {
  operationId: 'createAppToken',
  access: 'person',
  method: 'post',
  path: '/apps/:app_id/tokens',
  summary: 'Make a token for the API of an app, for yourself',
  description: `Good for ${TOKEN_SECONDS / 60} minutes. Someone who may change apps may do everything with it, others look at sessions.`,
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

/** Ends the tokens that a person has for the apps of an organisation, and the sessions that came from them. */
export async function endAppTokens({ books, tokens }: AdminCall, orgId: string, personId: string): Promise<void> {
  for (let after = ''; ; ) {
    const apps = await books.listApps(orgId, { limit: APPS_PER_PAGE, after });
    // The change is made whether or not Redis can be told of it now; tokens end by themselves soon.
    await Promise.all(apps.map(({ id }) => revoke(tokens, id, personId).catch(() => undefined)));
    const last = apps.at(-1);
    if (last === undefined || apps.length < APPS_PER_PAGE) return;
    after = last.id;
  }
}

function revoke(tokens: AdminCall['tokens'], appId: AppId, personId: string): Promise<void> {
  return tokens.revoke(appId, { sub: subjectOf(personId), closeSessions: true });
}

/** Apps name their own users without a colon or with one of theirs; this one says where it comes from. */
function subjectOf(personId: string): string {
  return `console:${personId}`;
}
