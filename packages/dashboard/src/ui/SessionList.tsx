import type { PublishedDataChannelResult, TrackSummary } from '@causeway/protocol';
import { useId, useState } from 'react';
import { type Diagnosis, diagnose, diagnosisLines } from '../console/diagnosing.ts';
import { type DirectoryState, type ListedSession, SESSIONS_PER_PAGE } from '../console/directory.ts';
import { errorText } from '../console/error-text.ts';
import { isSame, type Watched } from '../console/watching.ts';
import { shortId } from '../stats/readout.ts';
import { useConsole, useStore } from './console-context.ts';
import { Icon } from './Icon.tsx';

/** The filter is shown from this number of sessions on. */
const MIN_SESSIONS_TO_FILTER = 8;

interface SessionListProps {
  readonly ownSessionId: string;
  readonly onWatched: () => void;
}

/** All sessions of the app, live. */
export function SessionList({ ownSessionId, onWatched }: SessionListProps) {
  const { directory, watching } = useConsole();
  const listing = useStore(directory.state);
  const watched = useStore(watching.list);
  const [filter, setFilter] = useState('');
  const shown = ownFirst(listing.sessions, ownSessionId).filter((session) => matches(session, filter));

  const watch = (tracks: readonly TrackSummary[], sessionName: string) => {
    onWatched();
    void watching.watch(tracks, sessionName);
  };

  return (
    <section className="panel sessions" aria-labelledby="sessions-title">
      <ListHead listing={listing} />
      {listing.sessions.length >= MIN_SESSIONS_TO_FILTER && <Filter text={filter} onChange={setFilter} />}
      <ul>
        {shown.map((session) => (
          <SessionRow
            key={session.sessionId}
            session={session}
            isOwn={session.sessionId === ownSessionId}
            watched={watched}
            onWatch={(tracks) => watch(tracks, session.metadata)}
            onClose={(entries) => void watching.close(entries)}
          />
        ))}
      </ul>
      {shown.length === 0 && <p className="hint">{emptyText(listing.phase, filter)}</p>}
    </section>
  );
}

function ListHead({ listing }: { readonly listing: DirectoryState }) {
  const count = listing.sessions.length;
  return (
    <header className="panel-head">
      <h2 id="sessions-title">Sessions</h2>
      <span className="count">{count >= SESSIONS_PER_PAGE ? `first ${SESSIONS_PER_PAGE}` : count}</span>
      {listing.phase === 'stale' && (
        <span className="stale" title={errorText(listing.failure).detail}>
          out of date
        </span>
      )}
    </header>
  );
}

function Filter({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }) {
  return (
    <input
      className="filter"
      type="search"
      placeholder="Filter by name, ID or track"
      aria-label="Filter sessions"
      value={text}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function ownFirst(sessions: readonly ListedSession[], ownSessionId: string): readonly ListedSession[] {
  return [...sessions].sort((a, b) => Number(b.sessionId === ownSessionId) - Number(a.sessionId === ownSessionId));
}

function matches({ sessionId, metadata, tracks }: ListedSession, filter: string): boolean {
  const texts = [sessionId, metadata, ...(tracks ?? []).flatMap(({ trackId, customTrackName }) => [trackId, customTrackName])];
  return texts.some((text) => text.toLowerCase().includes(filter.trim().toLowerCase()));
}

function emptyText(phase: DirectoryState['phase'], filter: string): string {
  if (filter !== '') return 'No matching sessions.';
  return phase === 'loading' ? 'Loading…' : 'No sessions.';
}

interface SessionRowProps {
  readonly session: ListedSession;
  readonly isOwn: boolean;
  readonly watched: readonly Watched[];
  readonly onWatch: (tracks: readonly TrackSummary[]) => void;
  readonly onClose: (watched: readonly Watched[]) => void;
}

/** One session of the list with its tracks and data channels. */
function SessionRow({ session, isOwn, watched, onWatch, onClose }: SessionRowProps) {
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

interface SessionDiagnosisProps {
  readonly sessionId: string;
  /** The name that the list gives the session. */
  readonly name: string;
}

/** A button that requests a diagnosis, with the findings below it. Closing and reopening it requests another. */
function SessionDiagnosis({ sessionId, name }: SessionDiagnosisProps) {
  const { link } = useConsole();
  const [diagnosis, setDiagnosis] = useState<Diagnosis>();
  const answerId = useId();
  const isOpen = diagnosis !== undefined;

  const toggle = async () => {
    if (isOpen) return setDiagnosis(undefined);
    setDiagnosis({ phase: 'asking' });
    const told = await diagnose(link.api(), sessionId);
    // The user may have closed it in that time.
    setDiagnosis((current) => (current === undefined ? undefined : told));
  };

  return (
    <div className="session-diagnosis">
      <button type="button" className="text-button" aria-expanded={isOpen} aria-controls={answerId} onClick={() => void toggle()}>
        {isOpen ? 'Hide diagnosis' : 'Diagnose'}
        <span className="sr-only"> {name}</span>
      </button>
      <ul id={answerId} aria-live="polite" hidden={!isOpen}>
        {diagnosis !== undefined && diagnosisLines(diagnosis).map((line) => <li key={line}>{line}</li>)}
      </ul>
    </div>
  );
}

interface TrackChipProps {
  readonly track: TrackSummary;
  readonly isWatched: boolean;
  readonly onToggle: () => void;
}

const STATUS_TEXT = { active: 'on air', pending: 'no media yet', inactive: 'silent' } as const;

/** One published track. A click watches only this track, and another one stops that. */
function TrackChip({ track, isWatched, onToggle }: TrackChipProps) {
  const { trackKind, customTrackName, trackId, status, codec, rids } = track;
  const name = customTrackName === '' ? trackKind : customTrackName;
  return (
    <button
      type="button"
      className="track-chip"
      aria-pressed={isWatched}
      data-status={status}
      title={`${STATUS_TEXT[status] ?? status} · ${trackId}`}
      onClick={onToggle}
    >
      <Icon name={trackKind === 'video' ? 'camera' : 'microphone'} />
      <span className="track-name">{name}</span>
      <span className="track-facts">
        {codec}
        {(rids?.length ?? 0) > 1 && ` · ${rids.length} layers`}
        {status !== 'active' && ` · ${STATUS_TEXT[status] ?? status}`}
      </span>
    </button>
  );
}

/** One published data channel, with its differences from a reliable one. */
function ChannelChip({ channel }: { readonly channel: PublishedDataChannelResult }) {
  const { dataChannelName, status, ordered, maxRetransmits, maxPacketLifeTime, retain, bus } = channel;
  const facts = [
    'data',
    ordered === false && 'unordered',
    maxRetransmits !== undefined && `${maxRetransmits} retransmissions`,
    maxPacketLifeTime !== undefined && `${maxPacketLifeTime} ms`,
    retain !== undefined && retain !== 'none' && `retains ${retain}`,
    bus === true && 'bus',
    status === 'pending' && 'not open yet',
  ].filter((fact) => fact !== false);
  return (
    <span className="channel-chip">
      <span className="track-name">{dataChannelName}</span>
      <span className="track-facts">{facts.join(' · ')}</span>
    </span>
  );
}
