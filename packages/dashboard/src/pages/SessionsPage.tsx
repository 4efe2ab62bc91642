import type { SessionSummary } from '@causeway/protocol';
import { Link, useParams } from '@tanstack/react-router';
import { memo, type ReactNode, type UIEvent, useState } from 'react';
import { SESSIONS_READ } from '../service/live-sessions.ts';
import { useLiveSessions } from '../service/use-console-data.ts';
import { Failure, Loaded, TextField } from '../shell/controls.tsx';

/** The live list of an app's sessions in all regions. */
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
              {sessions.length > 0 && <TextField label="Filter by name, ID or group" value={filter} onChange={setFilter} />}
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
      label="Sessions table"
      columns={COLUMNS}
      rowCount={sessions.length}
      keyOf={(row) => sessions[row]?.sessionId ?? ''}
      cellsOf={(row) => <SessionCells appId={appId} session={sessions[row] as SessionSummary} />}
    />
  );
}

/** Memoised, so that rows that stay visible are not rendered again. */
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
  const words = `${first}${all} open ${all === 1 ? 'session' : 'sessions'}`;
  if (!isComplete) return `${words} so far…`;
  const text = all === 0 ? 'No open sessions.' : `${words}.`;
  return matching === all ? text : `${text} ${matching} ${matching === 1 ? 'matches' : 'match'} the filter.`;
}

/** The height of a row, which the style sheet sets. */
const ROW_PIXELS = 41;
/** Rows above and below the visible ones that are rendered in advance for quick scrolling. */
const MARGIN_ROWS = 20;
/** The window moves by this many rows at once, so that React does not render for each pixel. */
const STEP_ROWS = 10;
const ROWS_IN_SIGHT = 40;

interface WindowedTableProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** The React key of a row. */
  readonly keyOf: (row: number) => string;
  readonly cellsOf: (row: number) => ReactNode;
}

/** A table that renders only its visible rows. Screen readers are given the total number. */
function WindowedTable({ label, columns, rowCount, keyOf, cellsOf }: WindowedTableProps) {
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.min(top - MARGIN_ROWS, rowCount - ROWS_IN_SIGHT));
  const last = Math.min(rowCount, top + ROWS_IN_SIGHT + MARGIN_ROWS);
  const scroll = ({ currentTarget }: UIEvent<HTMLElement>) => {
    const row = Math.floor(currentTarget.scrollTop / ROW_PIXELS);
    setTop(row - (row % STEP_ROWS));
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="table-box tall" aria-label={label} tabIndex={0} onScroll={scroll}>
      <table className="windowed" aria-rowcount={rowCount + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space rows={first} columns={columns.length} />
          {Array.from({ length: last - first }, (_, index) => (
            <tr key={keyOf(first + index)} aria-rowindex={first + index + 2}>
              {cellsOf(first + index)}
            </tr>
          ))}
          <Space rows={rowCount - last} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

/** Stands for rows that are not drawn. */
function Space({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  if (rows <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row is not focusable, and this one is none
    <tr className="space" aria-hidden="true" style={{ height: rows * ROW_PIXELS }}>
      <td colSpan={columns} />
    </tr>
  );
}
