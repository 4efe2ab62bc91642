/** A real OpenID provider on this machine, whose people sign in without being asked, and who can be told to say something wrong. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const CLIENT_ID = 'causeway';
export const CLIENT_SECRET = 'a secret of the client';
export const REDIRECT_URI = 'https://sfu.example/oidc';

/** What the provider knows of someone. */
export interface ProviderAccount {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: unknown;
  readonly name?: string;
}

export interface RunningProvider {
  readonly issuer: string;
  /** Who signs in next. Undefined: they refuse. */
  account: ProviderAccount | undefined;
  /** Replaces the body of the reply to a path, as an attacker or a bad proxy would. */
  forge: ((path: string, body: string) => string) | undefined;
  /** Follows the way through the provider as a browser does. @returns the query that it adds to the page of the console */
  visit(url: string): Promise<string>;
  close(): Promise<void>;
}

export async function startProvider(): Promise<RunningProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { default: Provider } = await import('oidc-provider');
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => running.account }),
    loadExistingGrant: async ({ oidc }: { oidc: { client: { clientId: string }; session: { accountId: string } } }) => {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/interaction/')) {
      const { account } = running;
      const result =
        account === undefined ? { error: 'access_denied', error_description: 'said no' } : { login: { accountId: account.sub } };
      void provider.interactionFinished(request, response, result);
      return;
    }
    const { forge } = running;
    if (forge !== undefined) {
      const end = response.end.bind(response);
      response.end = ((body?: unknown) => {
        const text = forge(path, body === undefined ? '' : String(body));
        if (text !== '') response.setHeader('Content-Length', Buffer.byteLength(text));
        return end(text);
      }) as typeof response.end;
    }
    answer(request, response);
  });
  const running: RunningProvider = {
    issuer,
    account: undefined,
    forge: undefined,
    async visit(url) {
      const cookies = new Map<string, string>();
      for (let next = url; !next.startsWith(REDIRECT_URI); ) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const reply = await fetch(next, { redirect: 'manual', headers: { Cookie: cookie } });
        for (const line of reply.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          cookies.set(name, value);
        }
        const location = reply.headers.get('Location');
        if (location === null) throw new Error(`the provider leads nowhere: ${reply.status} ${await reply.text()}`);
        next = new URL(location, next).href;
        if (next.startsWith(REDIRECT_URI)) return new URL(next).search;
      }
      return '';
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return running;
}
