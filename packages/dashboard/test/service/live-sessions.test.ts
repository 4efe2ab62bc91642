import type { SfuApi } from '@causeway/client';
import type { ApiEvent, SessionDetails, SessionSummary } from '@causeway/protocol';
import { applyEvent, readSessions, type SessionList } from '../../src/service/live-sessions.ts';

const summaryOf = (sessionId: string, connectionState = 'connected') =>
  ({ sessionId, connectionState, metadata: sessionId, sfuAppId: 'demo' }) as unknown as SessionSummary;
const eventOf = (type: ApiEvent['type'], sessionId?: string) =>
  ({ id: '1-1', at: '', type, ...(sessionId === undefined ? {} : { sessionId }) }) as unknown as ApiEvent;

/** A list, and a node that has the sessions `a` to `c`. */
function listOf(sessions: readonly SessionSummary[] | undefined) {
  let current = sessions;
  let reloads = 0;
  const list: SessionList = {
    read: () => current,
    write: (next) => {
      current = next;
    },
    reload: () => {
      reloads++;
    },
  };
  const describeSession: SfuApi['describeSession'] = async (sessionId) => {
    if (!'abc'.includes(sessionId)) throw new Error('gone');
    return { ...summaryOf(sessionId, 'new'), createdAt: '', tracks: [], subscriptions: [] } as unknown as SessionDetails;
  };
  const apply = (event: ApiEvent) => applyEvent({ describeSession }, list, event);
  return {
    apply,
    shown: () => current?.map(({ sessionId, connectionState }) => `${sessionId} ${connectionState}`),
    reloads: () => reloads,
  };
}

test('shows a new session first, with its name, and only once', async () => {
  const { apply, shown } = listOf([summaryOf('a')]);
  await apply(eventOf('session.created', 'b'));
  await apply(eventOf('session.created', 'b'));

  expect(shown()).toEqual(['b new', 'a connected']);
});

test('leaves out a session that has ended before it could be read', async () => {
  const { apply, shown } = listOf([]);
  await apply(eventOf('session.created', 'x'));

  expect(shown()).toEqual([]);
});

test('follows a session until it is closed', async () => {
  const { apply, shown } = listOf([summaryOf('a'), summaryOf('b', 'new')]);
  await apply(eventOf('session.connected', 'b'));
  await apply(eventOf('session.disconnected', 'a'));
  await apply(eventOf('track.published', 'a'));
  expect(shown()).toEqual(['a disconnected', 'b connected']);

  await apply(eventOf('session.closed', 'a'));
  expect(shown()).toEqual(['b connected']);
});

test('reads the list again after lost events, unless it has not been read yet', async () => {
  const { apply, shown, reloads } = listOf(undefined);
  await apply(eventOf('events.lost'));
  await apply(eventOf('session.closed', 'a'));
  await apply(eventOf('session.created', 'a'));

  expect([shown(), reloads()]).toEqual([undefined, 1]);
});

test('reads the first hundred sessions, then the others a thousand at a time', async () => {
  const all = Array.from({ length: 2_500 }, (_, index) => summaryOf(`s${index}`));
  const limits: (number | undefined)[] = [];
  const listSessionPage: SfuApi['listSessionPage'] = async ({ limit = 0, cursor = '0' }) => {
    limits.push(limit);
    const end = Number(cursor) + limit;
    return { sessions: all.slice(Number(cursor), end), ...(end < all.length ? { nextCursor: String(end) } : {}) };
  };
  const pages: [number, boolean][] = [];
  await readSessions(
    { listSessionPage },
    (sessions, isComplete) => pages.push([sessions.length, isComplete]),
    new AbortController().signal,
  );

  expect(limits).toEqual([100, 1_000, 1_000, 1_000]);
  expect(pages).toEqual([
    [100, false],
    [1_100, false],
    [2_100, false],
    [2_500, true],
  ]);
});
