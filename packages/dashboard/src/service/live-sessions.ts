/** The sessions of an app, kept up to date by its events: read once, then changed by what happens. */
import type { EventsRequest, SfuApi } from '@causeway/client';
import type { ApiEvent, ConnectionState, SessionSummary } from '@causeway/protocol';

/** How many sessions are read at most. */
export const SESSIONS_READ = 20_000;
/** A person sees the first rows before the others have come. */
const FIRST_PAGE = 100;
const NEXT_PAGES = 1_000;

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

/**
 * Reads the sessions of an app. A list that is not there yet has its first rows as soon as they are read; one that is there is replaced when
 * all have been read.
 *
 * @param onPage is told all that were read so far, and whether there are more
 */
export async function readSessions(
  api: Pick<SfuApi, 'listSessionPage'>,
  onPage: (sessions: readonly SessionSummary[], isComplete: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const read: SessionSummary[] = [];
  for (let cursor: string | undefined; ; ) {
    const limit = cursor === undefined ? FIRST_PAGE : NEXT_PAGES;
    const page = await api.listSessionPage({ limit, ...(cursor === undefined ? {} : { cursor }) }, signal);
    read.push(...page.sessions);
    cursor = page.nextCursor;
    const isComplete = cursor === undefined || read.length >= SESSIONS_READ;
    onPage([...read], isComplete);
    if (isComplete) return;
  }
}

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
  request: Pick<EventsRequest, 'sessionId' | 'onOpen' | 'onQuality' | 'lastEventId'> & { readonly signal: AbortSignal },
  onEvent: (event: ApiEvent) => void,
): Promise<void> {
  for await (const event of api.events(request)) onEvent(event);
}
