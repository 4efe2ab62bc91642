/** Signs up at a new daemon, as the page of its set-up link does. */
import { waitUntil } from '@causeway/lab';
import type { Daemon } from './daemon.ts';

export interface ConsoleAccount {
  /** The cookie of the person who is signed in. */
  readonly cookie: { readonly name: string; readonly value: string };
  readonly appId: string;
  /** Calls the admin API as that person. @throws Error – the reply is an error; the message contains it */
  post<Reply>(path: string, body: object): Promise<Reply>;
}

/** Creates an organisation, its owner and an app. @throws Error – the daemon has no books, or is set up already */
export async function openAccount({ access, readLog }: Daemon): Promise<ConsoleAccount> {
  const setUpToken = await waitUntil(
    'the daemon prints the link that sets it up',
    () => /\/setup#(\S+)\s/.exec(readLog())?.[1] ?? '',
    (token) => token !== '',
  );
  let cookie = { name: '', value: '' };
  const post = async <Reply>(path: string, body: object): Promise<Reply> => {
    const headers = { 'Content-Type': 'application/json', Origin: access.host, Cookie: `${cookie.name}=${cookie.value}` };
    const reply = await fetch(`${access.host}/api/admin/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`POST ${path} was answered ${reply.status}: ${text}`);
    const [name, value] = reply.headers.get('Set-Cookie')?.split(';', 1)[0]?.split('=') ?? [];
    if (name !== undefined && value !== undefined) cookie = { name, value };
    return JSON.parse(text) as Reply;
  };
  const person = { email: 'ada@example.org', name: 'Ada', password: 'correct horse battery staple' };
  const signedUp = await post<{ readonly memberships: readonly { readonly organisation: { readonly id: string } }[] }>('/sign-up', {
    setUpToken,
    organisation: 'Example',
    ...person,
  });
  const organisation = signedUp.memberships[0]?.organisation.id;
  const { id } = await post<{ readonly id: string }>(`/organisations/${organisation}/apps`, { name: 'Demo' });
  return { cookie, appId: id, post };
}
