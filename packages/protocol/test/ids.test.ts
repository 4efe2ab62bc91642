import { formatSessionId, MAX_NODE_NO, nodeNoOf, parseAppId, parseSessionId, parseTrackId, TrackName } from '@causeway/protocol';

const UUID = 'fc756623-3be4-4c40-b651-20e22095ee07';

describe('session id', () => {
  test.each([
    [`session-101-${UUID}`, 101],
    [`session-0-${UUID}`, 0],
    [`session-${MAX_NODE_NO}-${UUID}`, MAX_NODE_NO],
  ])('%s names node %d', (text, nodeNo) => {
    const sessionId = parseSessionId(text);

    expect(sessionId).toBe(text);
    expect(nodeNoOf(sessionId!)).toBe(nodeNo);
    expect(formatSessionId(nodeNo, UUID)).toBe(text);
  });

  test.each([
    '',
    UUID,
    `session-${UUID}`,
    `session-0101-${UUID}`,
    `session-${MAX_NODE_NO + 1}-${UUID}`,
    `session--1-${UUID}`,
    `session-1e3-${UUID}`,
    `session-１０１-${UUID}`,
    `session-101-${UUID.toUpperCase()}`,
    `session-101-${UUID.replace('4c40', '1c40')}`,
    `session-101-${UUID.replace('b651', 'c651')}`,
    `session-101-${UUID}\n`,
    `session-101-${UUID}/tracks`,
    '__proto__',
  ])('%j is none', (text) => {
    expect(parseSessionId(text)).toBeUndefined();
  });

  test('a session id is not created for a node number out of range', () => {
    expect(() => formatSessionId(MAX_NODE_NO + 1, UUID)).toThrow();
  });
});

describe('app id', () => {
  test.each(['66ad57c7', 'my_app-1', 'A', 'x'.repeat(64)])('%s is one', (text) => {
    expect(parseAppId(text)).toBe(text);
  });

  test.each(['', 'x'.repeat(65), 'a b', 'a:b', 'a/b', 'ä', 'a{b}', 'a\n'])('%j is none', (text) => {
    expect(parseAppId(text)).toBeUndefined();
  });
});

describe('track id', () => {
  test.each([UUID, `{${UUID}}`, `${UUID}#1`, 'trk-0-deadbeef'])('%s is one', (text) => {
    expect(parseTrackId(text)).toBe(text);
  });

  test.each(['', 'a b', 'x'.repeat(129), 'a/b', 'a\u0000'])('%j is none', (text) => {
    expect(parseTrackId(text)).toBeUndefined();
  });
});

test('a track name may be empty, which means none', () => {
  expect(TrackName.safeParse('').success).toBe(true);
  expect(TrackName.safeParse('userA-video').success).toBe(true);
  expect(TrackName.safeParse('user A').success).toBe(false);
});
