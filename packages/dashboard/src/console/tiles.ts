import type { Watched } from './watching.ts';

/** One video on the grid with the audio that belongs to it, or audio alone. */
export interface Tile {
  readonly id: string;
  readonly sessionId: string;
  readonly sessionName: string;
  readonly video: Watched | undefined;
  readonly audio: readonly Watched[];
}

/** Groups tracks by session; the first video of a session has all its audio, and each further one has its own tile. */
export function tilesOf(list: readonly Watched[]): readonly Tile[] {
  const sessionIds = [...new Set(list.map(({ remoteSessionId }) => remoteSessionId))];
  return sessionIds.flatMap((sessionId) => {
    const tracks = list.filter(({ remoteSessionId }) => remoteSessionId === sessionId);
    const sessionName = tracks[0]?.sessionName ?? '';
    const [first, ...others] = tracks.filter(({ kind }) => kind === 'video');
    const audio = tracks.filter(({ kind }) => kind === 'audio');
    return [
      { id: sessionId, sessionId, sessionName, video: first, audio },
      ...others.map((video) => ({ id: `${sessionId}/${video.remoteTrackId}`, sessionId, sessionName, video, audio: [] })),
    ];
  });
}

export function watchedOf({ video, audio }: Tile): readonly Watched[] {
  return video === undefined ? audio : [video, ...audio];
}
