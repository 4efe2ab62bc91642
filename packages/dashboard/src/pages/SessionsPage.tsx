import type { SessionSummary } from '@causeway/protocol';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { SESSIONS_READ } from '../service/live-sessions.ts';
import { useLiveSessions } from '../service/use-console-data.ts';
import { Button, Failure, Loaded, TableBox, TextField } from '../shell/controls.tsx';

/** Rows shown at first, and more at each press: a page of ten thousand rows cannot be scrolled. */
const ROWS_AT_ONCE = 100;

/** The sessions of an app in all regions, as they come and go. */
export function SessionsPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const live = useLiveSessions(appId);
  const [filter, setFilter] = useState('');
  const [rows, setRows] = useState(ROWS_AT_ONCE);
  return (
    <section aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      <Failure error={live.stopped} />
      <Loaded query={live}>
        {(sessions) => {
          const matching = sessions.filter((session) => matches(session, filter));
          return (
            <>
              <p role="status">{countText(sessions.length, matching.length)}</p>
              {sessions.length > 0 && <TextField label="Filter by name, id or group" value={filter} onChange={setFilter} />}
              {matching.length > 0 && <SessionTable appId={appId} sessions={matching.slice(0, rows)} />}
              {matching.length > rows && <Button onPress={() => setRows(rows + ROWS_AT_ONCE)}>Show more</Button>}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

function SessionTable({ appId, sessions }: { readonly appId: string; readonly sessions: readonly SessionSummary[] }) {
  return (
    <TableBox label="Table of sessions">
      <table>
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">Name</th>
            <th scope="col">Group</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {sessions.map(({ sessionId, metadata, group, connectionState }) => (
            <tr key={sessionId}>
              <th scope="row" className="mono">
                <Link to="/apps/$appId/sessions/$sessionId" params={{ appId, sessionId }}>
                  {sessionId}
                </Link>
              </th>
              <td>{metadata}</td>
              <td>{group}</td>
              <td>{connectionState}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function matches({ sessionId, metadata, group = '' }: SessionSummary, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  return [sessionId, metadata, group].some((text) => text.toLowerCase().includes(wanted));
}

function countText(all: number, matching: number): string {
  const first = all >= SESSIONS_READ ? 'The first ' : '';
  const text = all === 0 ? 'No sessions now.' : `${first}${all} ${all === 1 ? 'session' : 'sessions'} now.`;
  return matching === all ? text : `${text} ${matching} of them match.`;
}
