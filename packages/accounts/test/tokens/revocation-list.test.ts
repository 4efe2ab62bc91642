import { type Revocation, RevocationList } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';

const DAY_MS = 24 * 3_600_000;

const appNamed = (name: string): AppId => AppId.parse(name);
const ofToken = (jti: string, app = 'app', closesSessions = false): Revocation => ({
  appId: appNamed(app),
  revoked: { by: 'jti', jti },
  closesSessions,
});
const ofSubject = (issuedUntil: number): Revocation => ({
  appId: appNamed('app'),
  revoked: { by: 'sub', sub: 'alice', issuedUntil },
  closesSessions: false,
});

function open() {
  const time = { nowMs: 0 };
  return { time, list: new RevocationList(() => time.nowMs) };
}

test('has room for 100,000 of all apps, and takes what other nodes have accepted beyond that', () => {
  const { list } = open();
  for (let index = 0; index < 100_000; index++) list.add(ofToken(`token-${index}`, `app-${index % 20}`));

  expect(() => list.checkRoom(appNamed('another'))).toThrow('revoke');
  expect(list.add(ofToken('one-more', 'another'))).toBe(true);
  expect(list.isRevoked(appNamed('another'), { sub: 'alice', jti: 'one-more', iat: 0 })).toBe(true);
});

test('forgets after a day, when no token that it is about can be good any more', () => {
  const { list, time } = open();
  list.add(ofToken('token'));

  time.nowMs = DAY_MS;
  list.checkRoom(appNamed('app'));
  expect(list.size).toBe(1);

  time.nowMs = DAY_MS + 1;
  list.checkRoom(appNamed('app'));
  expect(list.size).toBe(0);
});

test('says what is news: nothing twice, but a later moment, and that sessions are to be closed', () => {
  const { list } = open();

  expect([list.add(ofToken('token')), list.add(ofToken('token'))]).toEqual([true, false]);
  expect([list.add(ofToken('token', 'app', true)), list.add(ofToken('token', 'app', true)), list.add(ofToken('token'))]).toEqual([
    true,
    false,
    false,
  ]);
  expect([list.add(ofSubject(100)), list.add(ofSubject(99)), list.add(ofSubject(101))]).toEqual([true, false, true]);
  expect(list.size).toBe(2);
  expect([100, 101, 102].map((iat) => list.isRevoked(appNamed('app'), { sub: 'alice', jti: 'other', iat }))).toEqual([true, true, false]);
});
