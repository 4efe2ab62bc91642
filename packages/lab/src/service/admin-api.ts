/** Calls the admin API of a running daemon with a key. */
import { waitUntil } from '../wait-until.ts';

const SET_UP_TOKEN = /cwsetup_[A-Za-z0-9_-]+/;
const CALL_DEADLINE_MS = 15_000;

export interface AdminApp {
  readonly id: string;
  readonly secret: string;
}

export class AdminApi {
  readonly organisation: string;
  readonly key: string;
  readonly #url: string;

  /** @param url the URL of any node with the books */
  constructor(url: string, organisation: string, key: string) {
    this.#url = url;
    this.organisation = organisation;
    this.key = key;
  }

  /**
   * Creates the first organisation, with the token that the daemon prints at its start.
   *
   * @param log returns the daemon's output so far
   * @throws Error – the daemon has printed no token, or was set up before
   */
  static async setUp(url: string, log: () => string): Promise<AdminApi> {
    const printed = await waitUntil(
      'the daemon prints the link that sets it up',
      () => SET_UP_TOKEN.exec(log())?.[0] ?? '',
      (token) => token !== '',
    );
    const stranger = new AdminApi(url, '', '');
    const { organisation, secret } = await stranger.call<{ readonly organisation: { readonly id: string }; readonly secret: string }>(
      'POST',
      '/set-up',
      { setUpToken: printed, organisation: 'Lab' },
    );
    return new AdminApi(url, organisation.id, secret);
  }

  /** @throws Error – the reply is an error; the message contains it */
  async call<Reply>(method: string, path: string, body?: unknown): Promise<Reply> {
    return JSON.parse(await this.text(method, path, body)) as Reply;
  }

  /** Like `call`, for replies that are not JSON. */
  async text(method: string, path: string, body?: unknown): Promise<string> {
    const reply = await this.send(method, path, body);
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path} was answered ${reply.status}: ${text}`);
    return text;
  }

  /** Sends a call, and returns any reply. */
  send(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.#url}/api/admin/v1${path}`, {
      method,
      headers: {
        ...(this.key === '' ? {} : { Authorization: `Bearer ${this.key}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_DEADLINE_MS),
    });
  }

  /** Creates an app with a secret. */
  async createApp(name: string, settings: Readonly<Record<string, unknown>> = {}): Promise<AdminApp> {
    const { id } = await this.call<{ readonly id: string }>('POST', `/organisations/${this.organisation}/apps`, { name, settings });
    const { secret } = await this.call<{ readonly secret: string }>('POST', `/apps/${id}/keys`, { name: 'lab' });
    return { id, secret };
  }

  /** Invites people, and accepts for them with the same password. */
  async createPeople(count: number, password: string): Promise<readonly string[]> {
    const emails = Array.from({ length: count }, (_, index) => `person-${index}@example.org`);
    const stranger = new AdminApi(this.#url, '', '');
    for (const email of emails) {
      const invitation = { email, role: 'viewer' };
      const { token } = await this.#patiently<{ readonly token: string }>(`/organisations/${this.organisation}/invitations`, invitation);
      await stranger.call('POST', '/invitations/accept', { invitationToken: token, name: email, password });
    }
    return emails;
  }

  /** Retries when rate limited, since a key may make only twenty calls a second. */
  async #patiently<Reply>(path: string, body: unknown): Promise<Reply> {
    const reply = await waitUntil(
      `POST ${path} is not limited`,
      () => this.send('POST', path, body),
      ({ status }) => status !== 429,
    );
    const text = await reply.text();
    if (!reply.ok) throw new Error(`POST ${path} was answered ${reply.status}: ${text}`);
    return JSON.parse(text) as Reply;
  }
}
