/** The sessions of an app, kept up to date by its events: read once, then changed by what happens. */
import type { EventsRequest, SfuApi } from '@causeway/client';
import type { ApiEvent, ConnectionState, SessionSummary } from '@causeway/protocol';

/** How many sessions are read at first; an app with more has a longer list than anyone reads. */
export const SESSIONS_READ = 1_000;

/** How the list of an app's sessions is changed. */
export interface SessionList {
  read(): readonly SessionSummary[] | undefined;
  write(sessions: readonly SessionSummary[]): void;
  /** Has the whole list read again. */
  reload(): void;
}

const STATES: Readonly<Partial<Record<ApiEvent['type'], ConnectionState>>> = {
  'session.connected': 'connected',
  'session.disconnected': 'disconnected',
};

/** Applies one event of an app to the list of its sessions. */
export async function applyEvent(api: Pick<SfuApi, 'describeSession'>, list: SessionList, event: ApiEvent): Promise<void> {
  if (event.type === 'events.lost') return list.reload();
  const { sessionId } = event;
  if (sessionId === undefined) return;
  if (event.type === 'session.created') {
    // The event does not say what the session is called. One that is gone by now will say so itself.
    const created = await api.describeSession(sessionId).catch(() => undefined);
    const known = list.read();
    if (created === undefined || known === undefined || known.some((session) => session.sessionId === sessionId)) return;
    const { createdAt: _at, tracks: _tracks, subscriptions: _subscriptions, ...summary } = created;
    return list.write([summary, ...known]);
  }
  const known = list.read();
  if (known === undefined) return;
  if (event.type === 'session.closed') return list.write(known.filter((session) => session.sessionId !== sessionId));
  const connectionState = STATES[event.type];
  if (connectionState === undefined) return;
  list.write(known.map((session) => (session.sessionId === sessionId ? { ...session, connectionState } : session)));
}

/** Follows events until the signal is aborted, or the session has ended. @throws SfuApiError – they may not be followed */
export async function followEvents(
  api: Pick<SfuApi, 'events'>,
  request: Pick<EventsRequest, 'sessionId' | 'onOpen'> & { readonly signal: AbortSignal },
  onEvent: (event: ApiEvent) => void,
): Promise<void> {
  for await (const event of api.events(request)) onEvent(event);
}
