/** Uses secrets as their owners do: people, the owner of a webhook, and the clients of an app. */
import { randomBytes } from 'node:crypto';
import { codeAt } from '@causeway/lab';
import type { RecordingServer } from '../clients/recording-server.ts';
import type { BookedService } from './booked-service.ts';
import type { Lab } from './lab.ts';

/** Secrets by their kind. */
export type Secrets = Readonly<Record<string, string>>;

/** Secrets that are chosen before any node starts. */
export const CHOSEN_SECRETS = {
  'a password': `canary ${randomBytes(12).toString('hex')}`,
  'the password of Redis': randomBytes(12).toString('hex'),
  'the password of the books': randomBytes(12).toString('hex'),
  'the secret of the OpenID client': randomBytes(12).toString('hex'),
  'the credential for the collector': randomBytes(12).toString('hex'),
  'the secret of a configured app': randomBytes(24).toString('hex'),
  'the signing secret of a configured app': randomBytes(24).toString('hex'),
} as const satisfies Secrets;
const PASSWORD = CHOSEN_SECRETS['a password'];

/** Stands for a secret that was not received. */
export const MISSING = 'missing';
export const WEBHOOK_PATH = '/hook';

/** Everything that nodes tell anyone but the bearer of a secret. */
export class Told {
  readonly texts: string[] = [];
  readonly statuses = new Set<number>();

  readonly hear = ({ status, text }: { readonly status: number; readonly text: string }): void => {
    this.statuses.add(status);
    this.texts.push(text);
  };

  async add(reply: Response): Promise<void> {
    this.hear({ status: reply.status, text: await reply.text() });
  }
}

/** Signs people up and in, with everything that they have. @param url of the node with the books */
export async function usePeople(url: string, { admin, appId }: BookedService, told: Told): Promise<Secrets> {
  // Pages over plain HTTP are accepted from this name only.
  const origin = url.replace('127.0.0.1', 'localhost');
  const [email = ''] = await admin.createPeople(1, PASSWORD);
  const invited = { email: 'second@example.org', role: 'viewer' };
  const { token: invitation } = await admin.call<{ readonly token: string }>(
    'POST',
    `/organisations/${admin.organisation}/invitations`,
    invited,
  );
  const ask = (path: string, body: unknown, cookie = ''): Promise<Response> => {
    const headers = { 'Content-Type': 'application/json', Origin: origin, ...(cookie === '' ? {} : { Cookie: cookie }) };
    return fetch(`${origin}/api/admin/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  const signedIn = await ask('/sign-in', { email, password: PASSWORD });
  const cookie = (signedIn.headers.get('Set-Cookie') ?? '').split(';', 1)[0] ?? '';
  const { seed = MISSING } = (await (await ask('/me/totp', { password: PASSWORD }, cookie)).json()) as { readonly seed?: string };
  await told.add(await ask('/me/totp/confirm', { code: '000000' }, cookie));
  const confirmed = await ask('/me/totp/confirm', { code: codeAt(seed, Date.now()) }, cookie);
  const { recoveryCodes: [recoveryCode = MISSING] = [] } = (await confirmed.json()) as { readonly recoveryCodes?: readonly string[] };
  const redirectUri = `${origin}/oidc`;
  for (const [path, body] of [
    ['/sign-in', { email, password: `${PASSWORD}!` }],
    ['/sign-in', { email, password: PASSWORD }],
    ['/sign-in', { email, password: PASSWORD, code: `${recoveryCode}x` }],
    ['/sign-in', `{"password":"${PASSWORD}"`],
    ['/sign-in/oidc/offer', { redirectUri, invitationToken: invitation }],
    ['/me/oidc/offer', { redirectUri, password: PASSWORD }],
    ['/me/totp/remove', { password: PASSWORD, code: '000000' }],
    ['/me/passkeys/options', { password: `${PASSWORD}!` }],
    ['/invitations/accept', { invitationToken: invitation, password: PASSWORD }],
    ['/set-up', { setUpToken: 'cwsetup_nonsense' }],
  ] as const) {
    await told.add(await ask(path, body, cookie));
  }
  for (const path of [`/organisations/${admin.organisation}/audit`, `/apps/${appId}/keys`]) await told.add(await admin.send('GET', path));
  return {
    'the cookie of a sign-in': cookie.split('=')[1] ?? MISSING,
    'an invitation': invitation,
    'the seed of an authenticator': seed,
    'a recovery code': recoveryCode,
  };
}

/** Has events sent to a server outside of the cluster, with a secret that is rotated. */
export async function useWebhook({ admin, appId }: BookedService, { url }: RecordingServer, told: Told): Promise<Secrets> {
  type Issued = { readonly webhook: { readonly id: string }; readonly secret: string };
  const made = await admin.call<Issued>('POST', `/apps/${appId}/webhooks`, { url: `${url}${WEBHOOK_PATH}` });
  const rotated = await admin.call<Issued>('POST', `/webhooks/${made.webhook.id}/rotate`, {});
  await told.add(await admin.send('POST', `/webhooks/${made.webhook.id}/ping`));
  await told.add(await admin.send('GET', `/webhooks/${made.webhook.id}/deliveries`));
  return { 'the secret of a webhook': made.secret, 'the rotated secret of a webhook': rotated.secret };
}

export interface UsedApp {
  readonly secrets: Secrets;
  readonly sessionId: string;
  /** @returns all events so far, as they were streamed */
  endEvents(): Promise<string>;
}

/** Makes calls with tokens and secrets, and reads events. */
export async function useApp(lab: Lab, region: string, told: Told): Promise<UsedApp> {
  const api = lab.api(region);
  const { url, appId, secret } = lab.address(region);
  const { token = MISSING } = (await api.call('POST', '/tokens', { sub: 'user', expiresIn: 3_600 })).body as { readonly token?: string };
  const endEvents = await followEvents(`${url}/api/sfu/${appId}/events?token=${token}`);
  const sdp = await lab.sources.ask('offer');
  // The session lives on a node to which the calls are carried.
  const offer = { sessionDescription: { type: 'offer', sdp }, region: 'ap' };
  const joined = (await lab.apiWith(region, token).call('POST', '/session/new', offer)).body as {
    readonly sessionId?: string;
    readonly sessionToken?: string;
    readonly sessionDescription?: { readonly sdp: string };
  };
  const replies = [
    await api.call('POST', '/session/new', `{"sdp": "${sdp.replaceAll('\r\n', '')}`),
    await api.call('POST', '/session/new', { sessionDescription: { type: 'nonsense', sdp } }),
    await api.call('POST', '/session/new', { sessionDescription: { type: 'offer', sdp: sdp.replace('v=0', 'v=1') } }),
    await lab.apiWith('eu', `${secret}x`).call('GET', '/sessions'),
    await lab.apiWith('ap', token).call('POST', '/tokens', { sub: 'user' }),
    await api.call('GET', `/session/${joined.sessionId}/diagnose`),
    await api.call('GET', `/session/${joined.sessionId}`),
  ];
  for (const { status, body } of replies) told.hear({ status, text: JSON.stringify(body) });
  return {
    secrets: {
      'a token': token,
      'the token of a session': joined.sessionToken ?? MISSING,
      'the ICE password of a client': /a=ice-pwd:(\S+)/.exec(sdp)?.[1] ?? MISSING,
      'the ICE password of the SFU': /a=ice-pwd:(\S+)/.exec(joined.sessionDescription?.sdp ?? '')?.[1] ?? MISSING,
    },
    sessionId: joined.sessionId ?? MISSING,
    endEvents,
  };
}

/** @returns a function that ends the stream and returns everything that it carried */
async function followEvents(url: string): Promise<() => Promise<string>> {
  const ended = new AbortController();
  const reply = await fetch(url, { signal: ended.signal });
  let text = '';
  const reading = (async () => {
    for await (const chunk of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  })().catch(() => undefined);
  return async () => {
    ended.abort();
    await reading;
    return text;
  };
}
