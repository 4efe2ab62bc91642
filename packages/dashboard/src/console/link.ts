/** The page's session with the node, which may be opened with credentials, lost, reopened and left. */
import type { SessionState, SfuApi } from '@causeway/client';
import type { ConsoleSession } from './console-session.ts';
import type { Credentials } from './credentials.ts';
import { createStore, type Store } from './store.ts';

export interface Door {
  readonly credentials: Credentials;
  /** Name that others see. */
  readonly displayName: string;
}

export type LinkState =
  | { readonly phase: 'signed-out'; readonly failure?: Error }
  | { readonly phase: 'signing-in' }
  | { readonly phase: 'open'; readonly door: Door; readonly session: ConsoleSession; readonly sessionState: SessionState }
  | { readonly phase: 'lost'; readonly door: Door; readonly session: ConsoleSession; readonly failure: Error }
  | { readonly phase: 'reopening'; readonly door: Door; readonly session: ConsoleSession; readonly failure: Error };

export interface Link {
  readonly state: Store<LinkState>;
  /** @returns the session in use, undefined unless there is one */
  session(): ConsoleSession | undefined;
  api(): SfuApi | undefined;
  connect(door: Door): Promise<void>;
  /** Opens a new session with the same credentials and name once the present one is `lost`. */
  reopen(): Promise<void>;
  leave(): Promise<void>;
}

export interface LinkOptions {
  /** Exchanges a secret that was typed for a token, so that the page need not keep the secret. */
  readonly exchange: (credentials: Credentials) => Promise<Credentials>;
  readonly createApi: (credentials: Credentials) => SfuApi;
  readonly openSession: (api: SfuApi, door: Door, onStateChange: (state: SessionState) => void) => Promise<ConsoleSession>;
  /** Called with the credentials that the node has accepted, and with undefined when they must be forgotten. */
  readonly rememberCredentials: (credentials: Credentials | undefined) => void;
}

export function createLink(options: LinkOptions): Link {
  return new SessionLink(options);
}

class SessionLink implements Link {
  readonly state = createStore<LinkState>({ phase: 'signed-out' });
  readonly #options: LinkOptions;
  #api: SfuApi | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  session(): ConsoleSession | undefined {
    const current = this.state.read();
    return current.phase === 'open' ? current.session : undefined;
  }

  api(): SfuApi | undefined {
    return this.#api;
  }

  async connect(door: Door): Promise<void> {
    if (this.state.read().phase !== 'signed-out') return;
    this.state.write({ phase: 'signing-in' });
    await this.#enter(door).catch((failure: Error) => this.state.write({ phase: 'signed-out', failure }));
  }

  async reopen(): Promise<void> {
    const lost = this.state.read();
    if (lost.phase !== 'lost') return;
    this.state.write({ ...lost, phase: 'reopening' });
    await this.#open(lost.door).catch((failure: Error) => this.state.write({ ...lost, failure }));
  }

  async leave(): Promise<void> {
    const session = this.session();
    this.state.write({ phase: 'signed-out' });
    this.#api = undefined;
    this.#options.rememberCredentials(undefined);
    await session?.leave();
  }

  /** @throws what the node said */
  async #enter(door: Door): Promise<void> {
    await this.#open({ ...door, credentials: await this.#options.exchange(door.credentials) });
  }

  /** @throws what the node said */
  async #open(door: Door): Promise<void> {
    const api = this.#options.createApi(door.credentials);
    const session = await this.#options.openSession(api, door, (sessionState) => this.#handleSessionState(door, sessionState));
    this.#api = api;
    this.#options.rememberCredentials(door.credentials);
    this.state.write({ phase: 'open', door, session, sessionState: session.state });
    // The session may have changed its state before the console received it.
    this.#handleSessionState(door, session.state);
  }

  #handleSessionState(door: Door, sessionState: SessionState): void {
    const session = this.session();
    if (session === undefined) return;
    if (sessionState.phase === 'lost') this.state.write({ phase: 'lost', door, session, failure: sessionState.failure });
    else if (sessionState.phase !== 'left') this.state.write({ phase: 'open', door, session, sessionState });
  }
}
