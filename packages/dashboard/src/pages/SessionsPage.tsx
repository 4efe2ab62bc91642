import type { SessionSummary } from '@causeway/protocol';
import { Link, useParams } from '@tanstack/react-router';
import { memo, useState } from 'react';
import { SESSIONS_READ } from '../service/live-sessions.ts';
import { useLiveSessions } from '../service/use-console-data.ts';
import { Failure, Loaded, TextField } from '../shell/controls.tsx';
import { WindowedTable } from '../shell/WindowedTable.tsx';

/** The sessions of an app in all regions, as they come and go. */
export function SessionsPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const live = useLiveSessions(appId);
  const [filter, setFilter] = useState('');
  return (
    <section aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      {live.data !== undefined && <Failure error={live.error} />}
      <Loaded query={live}>
        {({ sessions, isComplete }) => {
          const matching = filter.trim() === '' ? sessions : sessions.filter((session) => matches(session, filter));
          return (
            <>
              <p role="status">{countText(sessions.length, matching.length, isComplete)}</p>
              {sessions.length > 0 && <TextField label="Filter by name, id or group" value={filter} onChange={setFilter} />}
              {matching.length > 0 && <SessionTable appId={appId} sessions={matching} />}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

const COLUMNS = ['Session', 'Name', 'Group', 'State'];

function SessionTable({ appId, sessions }: { readonly appId: string; readonly sessions: readonly SessionSummary[] }) {
  return (
    <WindowedTable
      label="Table of sessions"
      columns={COLUMNS}
      rowCount={sessions.length}
      keyOf={(row) => sessions[row]?.sessionId ?? ''}
      cellsOf={(row) => <SessionCells appId={appId} session={sessions[row] as SessionSummary} />}
    />
  );
}

/** Rows that stay in sight while others come are not drawn again. */
const SessionCells = memo(function SessionCells({ appId, session }: { readonly appId: string; readonly session: SessionSummary }) {
  const { sessionId, metadata, group, connectionState } = session;
  return (
    <>
      <th scope="row" className="mono">
        <Link to="/apps/$appId/sessions/$sessionId" params={{ appId, sessionId }}>
          {sessionId}
        </Link>
      </th>
      <td>{metadata}</td>
      <td>{group}</td>
      <td>{connectionState}</td>
    </>
  );
});

function matches({ sessionId, metadata, group = '' }: SessionSummary, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  return [sessionId, metadata, group].some((text) => text.toLowerCase().includes(wanted));
}

function countText(all: number, matching: number, isComplete: boolean): string {
  const first = all >= SESSIONS_READ ? 'The first ' : '';
  const words = `${first}${all} ${all === 1 ? 'session' : 'sessions'}`;
  if (!isComplete) return `${words} so far…`;
  const text = all === 0 ? 'No sessions now.' : `${words} now.`;
  return matching === all ? text : `${text} ${matching} of them match.`;
}
