/** The page's session with the node: opened with credentials, lost against our will, opened again, left. */
import type { SfuApi } from '../api/sfu-api.ts';
import type { SessionClient } from '../session/session-client.ts';
import type { SessionState } from '../session/session-state.ts';
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
  | { readonly phase: 'open'; readonly door: Door; readonly session: SessionClient; readonly sessionState: SessionState }
  | { readonly phase: 'lost'; readonly door: Door; readonly session: SessionClient; readonly failure: Error }
  | { readonly phase: 'reopening'; readonly door: Door; readonly session: SessionClient; readonly failure: Error };

export interface Link {
  readonly state: Store<LinkState>;
  /** @returns the session in use, undefined unless there is one */
  session(): SessionClient | undefined;
  api(): SfuApi | undefined;
  connect(door: Door): Promise<void>;
  /** After `lost`: a new session through the same door. */
  reopen(): Promise<void>;
  leave(): Promise<void>;
}

export interface LinkOptions {
  readonly createApi: (credentials: Credentials) => SfuApi;
  readonly openSession: (api: SfuApi, door: Door, onStateChange: (state: SessionState) => void) => Promise<SessionClient>;
  /** Called with the credentials that the node has accepted, and with undefined when they are to be forgotten. */
  readonly rememberCredentials: (credentials: Credentials | undefined) => void;
}

export function createLink({ createApi, openSession, rememberCredentials }: LinkOptions): Link {
  const state = createStore<LinkState>({ phase: 'signed-out' });
  let api: SfuApi | undefined;

  /** @throws what the node said */
  async function open(door: Door): Promise<void> {
    const doorApi = createApi(door.credentials);
    const session = await openSession(doorApi, door, (sessionState) => handleSessionState(door, sessionState));
    api = doorApi;
    rememberCredentials(door.credentials);
    state.write({ phase: 'open', door, session, sessionState: session.state });
    // What happened to it while nobody knew it yet.
    handleSessionState(door, session.state);
  }

  function handleSessionState(door: Door, sessionState: SessionState): void {
    const current = state.read();
    if (current.phase !== 'open') return;
    const { session } = current;
    if (sessionState.phase === 'lost') state.write({ phase: 'lost', door, session, failure: sessionState.failure });
    else if (sessionState.phase !== 'left') state.write({ phase: 'open', door, session, sessionState });
  }

  return {
    state,
    session() {
      const current = state.read();
      return current.phase === 'open' ? current.session : undefined;
    },
    api: () => api,
    async connect(door) {
      if (state.read().phase !== 'signed-out') return;
      state.write({ phase: 'signing-in' });
      await open(door).catch((failure: Error) => state.write({ phase: 'signed-out', failure }));
    },
    async reopen() {
      const lost = state.read();
      if (lost.phase !== 'lost') return;
      state.write({ ...lost, phase: 'reopening' });
      await open(lost.door).catch((failure: Error) => state.write({ ...lost, failure }));
    },
    async leave() {
      const current = state.read();
      state.write({ phase: 'signed-out' });
      api = undefined;
      rememberCredentials(undefined);
      if (current.phase === 'open') await current.session.leave();
    },
  };
}
