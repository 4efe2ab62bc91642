import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { Session } from '../../src/session/session.ts';
import { SessionStore } from '../../src/session/session-store.ts';

/** All of a session that the store looks at. */
function endedSession(id: string, clock: VirtualClock): Session {
  const life = { type: 'closed', reason: 'requested', closedAtMs: clock.nowMs(), closedAt: '2026-01-01T00:00:00.000Z' };
  return { id, appId: 'app', life } as unknown as Session;
}

test('a hundred thousand ended sessions are remembered, and of more the oldest are forgotten', () => {
  const clock = new VirtualClock();
  const store = new SessionStore(clock);

  for (let number = 0; number < 100_001; number++) {
    const session = endedSession(String(number), clock);
    store.add(session);
    store.close(session);
  }

  expect(store.tombstoneCount).toBe(100_000);
  expect(store.size).toBe(0);
  expect(store.endOf('app', '0')).toBeUndefined();
  expect(store.endOf('app', '1')).toMatchObject({ code: 'session_closed' });
});

test('a session of another app is not found, ended or not', () => {
  const clock = new VirtualClock();
  const store = new SessionStore(clock);
  const session = endedSession('s', clock);
  store.add(session);
  const whileOpen = store.find('other', 's');

  store.close(session);

  expect(whileOpen).toBeUndefined();
  expect(store.endOf('other', 's')).toBeUndefined();
});
