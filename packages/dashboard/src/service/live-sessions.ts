/** The sessions of an app, which are read once and then kept up to date by events. */
import type { EventsRequest, SfuApi } from '@causeway/client';
import type { ApiEvent, ConnectionState, SessionSummary } from '@causeway/protocol';

/** The maximum number of sessions that are read. */
export const SESSIONS_READ = 20_000;
/** The first page is small, so that its rows are shown before the others have arrived. */
const FIRST_PAGE = 100;
const NEXT_PAGES = 1_000;

/** The list of an app's sessions, and the ways to change it. */
export interface SessionList {
  read(): readonly SessionSummary[] | undefined;
  write(sessions: readonly SessionSummary[]): void;
  /** Reads the whole list again. */
  reload(): void;
}

const STATES: Readonly<Partial<Record<ApiEvent['type'], ConnectionState>>> = {
  'session.connected': 'connected',
  'session.disconnected': 'disconnected',
};

/**
 * Reads the sessions of an app. A new list is shown as soon as its first rows are read; an existing one is replaced once all rows have been
 * read.
 *
 * @param onPage receives all sessions read so far, and whether there are more
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
    // The event does not contain the session's name. If the session has ended by now, another event reports that.
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

/** Follows events until the signal is aborted or the session has ended. @throws SfuApiError – the stream is refused */
export async function followEvents(
  api: Pick<SfuApi, 'events'>,
  request: Pick<EventsRequest, 'sessionId' | 'onOpen' | 'onQuality' | 'lastEventId'> & { readonly signal: AbortSignal },
  onEvent: (event: ApiEvent) => void,
): Promise<void> {
  for await (const event of api.events(request)) onEvent(event);
}
