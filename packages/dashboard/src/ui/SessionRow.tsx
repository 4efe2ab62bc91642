import type { TrackSummary } from '@causeway/protocol';
import type { ListedSession } from '../console/directory.ts';
import { isSame, type Watched } from '../console/watching.ts';
import { shortId } from '../stats/readout.ts';
import { SessionDiagnosis } from './SessionDiagnosis.tsx';
import { ChannelChip, TrackChip } from './TrackChip.tsx';

interface SessionRowProps {
  readonly session: ListedSession;
  readonly isOwn: boolean;
  readonly watched: readonly Watched[];
  readonly onWatch: (tracks: readonly TrackSummary[]) => void;
  readonly onClose: (watched: readonly Watched[]) => void;
}

/** One session of the list with its tracks and data channels. */
export function SessionRow({ session, isOwn, watched, onWatch, onClose }: SessionRowProps) {
  const { sessionId, metadata, connectionState } = session;
  const tracks = session.tracks ?? [];
  const watchedOf = (track: TrackSummary) =>
    watched.find((entry) => entry.state.phase !== 'ended' && isSame(entry, { remoteSessionId: sessionId, remoteTrackId: track.trackId }));
  const open = tracks.flatMap((track) => watchedOf(track) ?? []);
  const isWatched = open.length === tracks.length;
  const name = metadata === '' ? shortId(sessionId) : metadata;

  return (
    <li className="session-row" data-connection={connectionState}>
      <span className="state-dot" aria-hidden="true" />
      <SessionTitle session={session} isOwn={isOwn} name={name} />
      {tracks.length > 0 && (
        <button
          type="button"
          className="button small"
          aria-pressed={isWatched}
          onClick={() => (isWatched ? onClose(open) : onWatch(tracks))}
        >
          {isWatched ? 'Watching' : 'Watch'}
          <span className="sr-only"> {name}</span>
        </button>
      )}
      <div className="session-tracks">
        {tracks.map((track) => {
          const entry = watchedOf(track);
          return (
            <TrackChip
              key={track.trackId}
              track={track}
              isWatched={entry !== undefined}
              onToggle={() => (entry === undefined ? onWatch([track]) : onClose([entry]))}
            />
          );
        })}
        {session.dataChannels.map((channel) => (
          <ChannelChip key={channel.dataChannelName} channel={channel} />
        ))}
      </div>
      <SessionDiagnosis sessionId={sessionId} name={name} />
    </li>
  );
}

function SessionTitle({ session, isOwn, name }: { readonly session: ListedSession; readonly isOwn: boolean; readonly name: string }) {
  const { sessionId, metadata, connectionState, tracks, dataChannels } = session;
  return (
    <div className="session-title" title={sessionId}>
      <span className="session-name">{name}</span>
      <span className="session-facts">
        {metadata !== '' && <span className="id">{shortId(sessionId)}</span>}
        <span>{isOwn ? 'this page' : connectionState}</span>
        {tracks?.length === 0 && dataChannels.length === 0 && <span>no tracks</span>}
      </span>
    </div>
  );
}
