import { randomBytes } from 'node:crypto';
import { type App, createApp, generateSecret } from '@causeway/accounts';

/** An app for trying out the SFU, with its secret in plain text, which is shown once. */
export interface MadeUpApp {
  readonly app: App;
  readonly secret: string;
}

export function makeUpApp(): MadeUpApp {
  const secret = generateSecret();
  return { app: createApp({ id: `app-${randomBytes(6).toString('hex')}`, secrets: [secret] }), secret };
}

/** Returns what a new user sees after the start: everything to copy, and nothing to look up. */
export function describeMadeUpApp({ app, secret }: MadeUpApp, pageUrl: string, stunUrl: string): string {
  return `
  Causeway is running, with an app generated for this run.

  Page         ${pageUrl}#app=${app.id}&secret=${secret}
  API          ${pageUrl}api/sfu/${app.id}/
  STUN         ${stunUrl}

  App id       ${app.id}
  App secret   ${secret}

  Try it       curl -H 'Authorization: Bearer ${secret}' ${pageUrl}api/sfu/${app.id}/sessions
  Keep it      start with CAUSEWAY_APP_ID=${app.id} CAUSEWAY_APP_SECRET=${secret}
  Stop it      Ctrl+C

`;
}
