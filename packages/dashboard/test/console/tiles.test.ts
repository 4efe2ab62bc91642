import { tilesOf } from '../../src/console/tiles.ts';
import type { Watched } from '../../src/console/watching.ts';

const watched = (remoteSessionId: string, remoteTrackId: string, kind: 'audio' | 'video'): Watched => ({
  remoteSessionId,
  remoteTrackId,
  sessionName: `name of ${remoteSessionId}`,
  kind,
  rids: [],
  quality: 'auto',
  state: { phase: 'opening' },
});

test('video and audio of a session share a tile, whichever was opened first', () => {
  const sound = watched('a', 'sound', 'audio');
  const picture = watched('a', 'picture', 'video');

  expect(tilesOf([sound, picture])).toEqual([{ id: 'a', sessionId: 'a', sessionName: 'name of a', video: picture, audio: [sound] }]);
});

test('audio alone has a tile', () => {
  const sound = watched('a', 'sound', 'audio');

  expect(tilesOf([sound])).toEqual([{ id: 'a', sessionId: 'a', sessionName: 'name of a', video: undefined, audio: [sound] }]);
});

test('a second video of a session has its own tile, next to the first', () => {
  const list = [
    watched('a', 'camera', 'video'),
    watched('b', 'camera', 'video'),
    watched('a', 'screen', 'video'),
    watched('a', 'sound', 'audio'),
  ];

  const tiles = tilesOf(list);

  expect(tiles.map(({ id, audio }) => [id, audio.length])).toEqual([
    ['a', 1],
    ['a/screen', 0],
    ['b', 0],
  ]);
});

test('a tile keeps its id when audio is added to it', () => {
  const before = tilesOf([watched('a', 'camera', 'video')]);
  const after = tilesOf([watched('a', 'camera', 'video'), watched('a', 'sound', 'audio')]);

  expect(after[0]?.id).toBe(before[0]?.id);
});
