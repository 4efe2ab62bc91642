import type { SessionState } from '@causeway/client';
import { createFakeSfuApi, refusal } from '@causeway/testkit/fake-sfu-api';
import { createManualClock } from '@causeway/testkit/manual-clock';
import { createConsole } from '../../src/console/console.ts';
import type { ConsoleSession } from '../../src/console/console-session.ts';
import { createFakeSession } from '../fakes/fake-session.ts';

const DOOR = { credentials: { appId: 'demo', secret: 's3cret' }, displayName: '' };

function createTestConsole(...sessions: ConsoleSession[]) {
  const api = createFakeSfuApi();
  const clock = createManualClock();
  let tell: (state: SessionState) => void = () => undefined;
  const mediaConsole = createConsole({
    clock,
    createApi: () => api,
    openSession: async (_api, _door, onStateChange) => {
      tell = onStateChange;
      return sessions.shift() as ConsoleSession;
    },
    exchange: async (credentials) => credentials,
    rememberCredentials: () => undefined,
    openSource: () => Promise.reject(new Error('not in this test')),
    layersOf: () => [],
    labelOf: (sessionId) => sessionId,
  });
  const listings = () => api.calls.filter(({ method }) => method === 'listSessions').length;
  return { mediaConsole, api, clock, listings, tell: (state: SessionState) => tell(state) };
}

test('sessions are listed while the page is connected and visible, and again after an event', async () => {
  const { mediaConsole, api, clock, listings } = createTestConsole(createFakeSession('own'));

  await clock.advance(10_000);
  expect(listings()).toBe(0);
  await mediaConsole.link.connect(DOOR);
  await clock.advance(4_000);
  expect(listings()).toBe(1);
  api.tell({ type: 'session.created', sessionId: 'other' });
  await clock.advance(4_000);
  expect(listings()).toBe(2);
  mediaConsole.setVisible(false);
  api.tell({ type: 'session.closed', sessionId: 'other' });
  await clock.advance(10_000);
  expect(listings()).toBe(2);
  mediaConsole.setVisible(true);
  await clock.advance(0);
  expect(listings()).toBe(3);
  await mediaConsole.link.leave();
  await clock.advance(10_000);
  expect(listings()).toBe(3);
});

test("the page's own session is looked up if it is missing from the list", async () => {
  const own = createFakeSession('own');
  const { mediaConsole, api, clock } = createTestConsole(own);
  api.next('listSessions', [{ sessionId: 'own', metadata: '' }]);
  api.next('listSessions', []);

  await mediaConsole.link.connect(DOOR);
  await clock.advance(2_000);
  expect(own.log).toEqual([]);
  api.tell({ type: 'session.closed', sessionId: 'own' });
  await clock.advance(2_000);

  expect(own.log).toEqual(['verify']);
  await mediaConsole.link.leave();
});

test('a new session watches the tracks that the lost one watched', async () => {
  const second = createFakeSession('second');
  const { mediaConsole, clock, tell, api } = createTestConsole(createFakeSession('first'), second);
  api.next('listSessions', [{ sessionId: 'other', metadata: '' }]);
  api.next('listTracks', [{ trackId: 'camera', trackKind: 'video' }]);
  await mediaConsole.link.connect(DOOR);
  await clock.advance(0);
  await mediaConsole.watching.watch([{ sessionId: 'other', trackId: 'camera', trackKind: 'video', rids: [] } as never], 'Studio');
  tell({ phase: 'lost', failure: refusal('session_closed') });

  await mediaConsole.link.reopen();
  await clock.advance(0);

  expect(second.log).toContain('subscribe camera');
  await mediaConsole.link.leave();
  expect(mediaConsole.watching.list.read()).toEqual([]);
});
