import { randomBytes } from 'node:crypto';
import { type App, createApp, generateSecret } from '@causeway/accounts';

/** An app for whoever just wants to try the SFU, with its secret in clear for the one time it is shown. */
export interface MadeUpApp {
  readonly app: App;
  readonly secret: string;
}

export function makeUpApp(): MadeUpApp {
  const secret = generateSecret();
  return { app: createApp({ id: `app-${randomBytes(6).toString('hex')}`, secrets: [secret] }), secret };
}
