import type { ConsoleSession } from '../console/console-session.ts';
import { writeFragment } from '../console/credentials.ts';
import type { ListedSession } from '../console/directory.ts';
import { tilesOf } from '../console/tiles.ts';
import { useConsole, useStore } from './console-context.ts';
import { Icon, TestCard } from './Icon.tsx';
import { TrackTile } from './TrackTile.tsx';

/** All tiles, or what to do to get one. */
export function WatchGrid({ session }: { readonly session: ConsoleSession }) {
  const { watching, directory } = useConsole();
  const tiles = tilesOf(useStore(watching.list));
  const { sessions } = useStore(directory.state);

  if (tiles.length === 0) return <NothingWatched sessions={sessions} ownSessionId={session.sessionId} />;
  return (
    <div className="watch-grid" data-tiles={Math.min(tiles.length, 5)}>
      {tiles.map((tile) => (
        <TrackTile key={tile.id} tile={tile} isOwn={tile.sessionId === session.sessionId} />
      ))}
    </div>
  );
}

interface NothingWatchedProps {
  readonly sessions: readonly ListedSession[];
  readonly ownSessionId: string;
}

function NothingWatched({ sessions, ownSessionId }: NothingWatchedProps) {
  const { link } = useConsole();
  const linkState = useStore(link.state);
  const fragment = 'door' in linkState ? writeFragment(linkState.door.credentials) : '';
  return (
    <div className="nothing">
      <TestCard />
      <h2>Nothing on screen</h2>
      <p>{hintFor(sessions, ownSessionId)}</p>
      <a className="button" href={fragment} target="_blank" rel="noopener">
        Open a second tab
        <Icon name="external" />
      </a>
    </div>
  );
}

function hintFor(sessions: readonly ListedSession[], ownSessionId: string): string {
  const publishing = sessions.filter(({ tracks }) => (tracks?.length ?? 0) > 0);
  if (publishing.some(({ sessionId }) => sessionId !== ownSessionId)) {
    return 'Choose Watch beside a session. Its picture, sound and figures appear here.';
  }
  return publishing.length > 0
    ? 'You are publishing. Open this page in a second tab to watch it there, or choose Watch beside your own session.'
    : 'Nobody is publishing. Open this page in a second tab, publish there, and watch it here.';
}
