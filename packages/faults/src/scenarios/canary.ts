import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '@causeway/lab';
import { BOOKS_REGION, BookedService } from './booked-service.ts';
import { Call } from './call.ts';
import { exactly, type Finding } from './finding.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';

const PASSWORD = `canary ${randomBytes(12).toString('hex')}`;
const REDIS_PASSWORD = randomBytes(12).toString('hex');
const BOOKS_PASSWORD = randomBytes(12).toString('hex');
const TROUBLE_MS = 4_000;

/** Each kind of secret is used rightly and wrongly, and everything that a node tells anyone is searched for it. */
export const canary: Scenario = {
  name: 'canary',
  covers: ['Show: no kind of secret in any log, metric, event or error'],
  title: 'Secrets of every kind, in calls that succeed and that fail, while Redis and the books come and go',
  async run(lab) {
    const postgres = await PostgresServer.start();
    try {
      await lab.redis.command('ACL', 'SETUSER', 'node', 'on', `>${REDIS_PASSWORD}`, '~sfu:*', '&sfu:*', '+@all');
      const environment = {
        CAUSEWAY_LOG_LEVEL: 'debug',
        CAUSEWAY_REDIS_URL: `redis://node:${REDIS_PASSWORD}@127.0.0.1:${lab.redis.port}`,
      };
      const booksUrl = (await postgres.createDatabase()).replace('tests@', `tests:${BOOKS_PASSWORD}@`);
      return await BookedService.with(lab, { booksUrl, environment }, (service) => useEverything(lab, service, postgres));
    } finally {
      await postgres.stop();
    }
  },
};

async function useEverything(lab: Lab, service: BookedService, postgres: PostgresServer): Promise<readonly Finding[]> {
  const told: string[] = [];
  const secrets = await usePeople(lab, service, told);
  await useApp(lab, secrets, told);
  const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 1 } });
  await postgres.kill();
  lab.redis.child.signal('SIGSTOP');
  await sleep(TROUBLE_MS);
  for (const path of ['/sessions', '/session/session-101-nonsense', '/session/new']) {
    told.push(JSON.stringify((await lab.api('us').call(path === '/session/new' ? 'POST' : 'GET', path, undefined)).body));
  }
  told.push(await (await service.admin.send('GET', `/apps/${service.appId}/usage`)).text());
  lab.redis.child.signal('SIGCONT');
  await postgres.restart();
  await sleep(TROUBLE_MS);
  await call.leave('us');
  for (const { plan } of lab.cluster.nodes) {
    for (const path of ['/metrics', '/debug/objects']) told.push(await (await fetch(`http://127.0.0.1:${plan.debugPort}${path}`)).text());
  }
  // What is printed for the person who starts a node contains the link that sets it up, on purpose.
  const logs = lab.cluster.nodes.map(({ child }) => linesOfLog(child.log)).join('\n');
  return Object.entries(secrets).map(([kind, secret]) =>
    exactly(
      `${kind}, in ${logs.length + told.join('').length} characters of logs, metrics, events and replies`,
      [logs, ...told].some((text) => text.includes(secret)) ? 'found' : 'not found',
      'not found',
    ),
  );
}

function linesOfLog(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .join('\n');
}

/** Signs people up and in, with everything that they have. @returns secrets by their kind */
async function usePeople(lab: Lab, { admin, appId }: BookedService, told: string[]): Promise<Record<string, string>> {
  const { plan } = lab.cluster.node(BOOKS_REGION);
  const url = plan.url.replace('127.0.0.1', 'localhost');
  const [email = ''] = await admin.createPeople(1, PASSWORD);
  const { token: invitation } = await admin.call<{ readonly token: string }>('POST', `/organisations/${admin.organisation}/invitations`, {
    email: 'second@example.org',
    role: 'viewer',
  });
  const ask = async (path: string, body: unknown, cookie = ''): Promise<Response> => {
    const headers = { 'Content-Type': 'application/json', Origin: url, ...(cookie === '' ? {} : { Cookie: cookie }) };
    return fetch(`${url}/api/admin/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  const signedIn = await ask('/sign-in', { email, password: PASSWORD });
  const cookie = (signedIn.headers.get('Set-Cookie') ?? '').split(';', 1)[0] ?? '';
  const totp = (await (await ask('/me/totp', { password: PASSWORD }, cookie)).json()) as { readonly seed?: string };
  for (const [path, body] of [
    ['/sign-in', { email, password: `${PASSWORD}!` }],
    ['/sign-in', `{"password":"${PASSWORD}"`],
    ['/me/totp/confirm', { code: '000000' }],
    ['/invitations/accept', { invitationToken: invitation, password: PASSWORD }],
    ['/set-up', { setUpToken: 'cwsetup_nonsense' }],
  ] as const) {
    told.push(await (await ask(path, body, cookie)).text());
  }
  told.push(await admin.text('GET', `/organisations/${admin.organisation}/audit`), await admin.text('GET', `/apps/${appId}/keys`));
  return {
    'a password': PASSWORD,
    'the cookie of a sign-in': cookie.split('=')[1] ?? '?',
    'an invitation': invitation,
    'the seed of an authenticator': totp.seed ?? '?',
    'a key of the admin API': admin.key,
    'the password of Redis': REDIS_PASSWORD,
    'the password of the books': BOOKS_PASSWORD,
    'the cluster key': plan.environment.CAUSEWAY_CLUSTER_KEY ?? '?',
    'the secret of a configured app': lab.cluster.app.secret,
  };
}

/** Calls with tokens and secrets, and hears events. Adds to the secrets what it meets. */
async function useApp(lab: Lab, secrets: Record<string, string>, told: string[]): Promise<void> {
  const api = lab.api('us');
  const { secret } = lab.address('us');
  const { token = '?' } = (await api.call('POST', '/tokens', { sub: 'user' })).body as { readonly token?: string };
  const events = new AbortController();
  const { url, appId } = lab.address('us');
  const stream = await fetch(`${url}/api/sfu/${appId}/events?token=${token}`, { signal: events.signal });
  const heard = stream.body?.getReader();
  const sdp = await lab.sources.ask('offer');
  const joined = (await lab.apiWith('us', token).call('POST', '/session/new', { sessionDescription: { type: 'offer', sdp } })).body as {
    readonly sessionId?: string;
    readonly sessionToken?: string;
    readonly sessionDescription?: { readonly sdp: string };
  };
  for (const body of [`{"sdp": "${sdp.replaceAll('\r\n', '')}`, { sessionDescription: { type: 'nonsense', sdp } }]) {
    told.push(JSON.stringify((await api.call('POST', '/session/new', body)).body));
  }
  told.push(JSON.stringify((await lab.apiWith('eu', `${secret}x`).call('GET', '/sessions')).body));
  told.push(JSON.stringify((await api.call('GET', `/session/${joined.sessionId}/diagnose`)).body));
  told.push(JSON.stringify((await api.call('GET', `/session/${joined.sessionId}`)).body));
  const first = await heard?.read();
  told.push(Buffer.from(first?.value ?? []).toString());
  events.abort();
  Object.assign(secrets, {
    'the secret of an app in the books': secret,
    'a token': token,
    'the token of a session': joined.sessionToken ?? '?',
    'the ICE password of a client': /a=ice-pwd:(\S+)/.exec(sdp)?.[1] ?? '?',
    'the ICE password of the SFU': /a=ice-pwd:(\S+)/.exec(joined.sessionDescription?.sdp ?? '')?.[1] ?? '?',
  });
}
