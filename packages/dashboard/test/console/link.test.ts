import type { SessionState, SfuApi } from '@causeway/client';
import { refusal } from '@causeway/testkit/fake-sfu-api';
import type { ConsoleSession } from '../../src/console/console-session.ts';
import { createLink, type Door } from '../../src/console/link.ts';
import { createFakeSession } from '../fakes/fake-session.ts';

const DOOR: Door = { credentials: { appId: 'demo', secret: 's3cret' }, displayName: 'Anna' };

/** @param sessions the results of successive attempts to open one */
function createTestLink(...sessions: (ConsoleSession | Error)[]) {
  const remembered: unknown[] = [];
  let tell: (state: SessionState) => void = () => undefined;
  const link = createLink({
    createApi: () => ({}) as SfuApi,
    openSession: async (_api, _door, onStateChange) => {
      tell = onStateChange;
      const next = sessions.shift();
      if (next === undefined || next instanceof Error) throw next;
      return next;
    },
    exchange: async (credentials) => credentials,
    rememberCredentials: (credentials) => remembered.push(credentials),
  });
  return { link, remembered, tell: (state: SessionState) => tell(state) };
}

test('connecting opens a session and remembers the accepted credentials', async () => {
  const session = createFakeSession('one');
  const { link, remembered } = createTestLink(session);

  await link.connect(DOOR);

  expect(link.session()).toBe(session);
  expect(remembered).toEqual([DOOR.credentials]);
});

test('after a refusal, the page is not connected and remembers nothing', async () => {
  const failure = refusal('unauthorized');
  const { link, remembered } = createTestLink(failure);

  await link.connect(DOOR);

  expect(link.state.read()).toEqual({ phase: 'signed-out', failure });
  expect(remembered).toEqual([]);
});

test('a lost session can be reopened with the same credentials', async () => {
  const { link, tell } = createTestLink(createFakeSession('one'), createFakeSession('two'));
  await link.connect(DOOR);
  tell({ phase: 'lost', failure: refusal('session_closed') });
  expect(link.state.read()).toMatchObject({ phase: 'lost', failure: { code: 'session_closed' } });
  expect(link.session()).toBeUndefined();

  await link.reopen();

  expect(link.session()?.sessionId).toBe('two');
});

test('if reopening fails, the session stays lost, with the newer reason', async () => {
  const { link, tell } = createTestLink(createFakeSession('one'), refusal('network_failure'));
  await link.connect(DOOR);
  tell({ phase: 'lost', failure: refusal('session_closed') });

  await link.reopen();

  expect(link.state.read()).toMatchObject({ phase: 'lost', failure: { code: 'network_failure' } });
});

test('a session that was lost before the link received it is shown as lost', async () => {
  const failure = refusal('session_closed');
  const { link } = createTestLink(createFakeSession('one', { state: { phase: 'lost', failure } }));

  await link.connect(DOOR);

  expect(link.state.read()).toMatchObject({ phase: 'lost', failure });
});

test('leaving ends the session and forgets the credentials', async () => {
  const session = createFakeSession('one');
  const { link, remembered } = createTestLink(session);
  await link.connect(DOOR);

  await link.leave();

  expect(session.log).toEqual(['leave']);
  expect(remembered.at(-1)).toBeUndefined();
  expect(link.state.read()).toEqual({ phase: 'signed-out' });
});
