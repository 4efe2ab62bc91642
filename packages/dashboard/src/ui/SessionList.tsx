import type { TrackSummary } from '@causeway/protocol';
import { useState } from 'react';
import { type DirectoryState, type ListedSession, SESSIONS_PER_PAGE } from '../console/directory.ts';
import { errorText } from '../console/error-text.ts';
import { useConsole, useStore } from './console-context.ts';
import { SessionRow } from './SessionRow.tsx';

/** A filter is worth its place from here on. */
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
          not up to date
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
      placeholder="Filter by name, id or track"
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
  if (filter !== '') return 'No session matches.';
  return phase === 'loading' ? 'Loading…' : 'No sessions.';
}
