import type { ApiEvent } from '@causeway/protocol';
import { eventWords } from '../service/event-words.ts';
import { TableBox } from '../shell/controls.tsx';

interface EventTableProps {
  readonly events: readonly ApiEvent[];
  /** Whether the events are of several sessions. */
  readonly hasSessions?: boolean;
}

export function EventTable({ events, hasSessions = false }: EventTableProps) {
  if (events.length === 0) return <p>Nothing yet.</p>;
  return (
    <TableBox label="Table of events">
      <table>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">Event</th>
            {hasSessions && <th scope="col">Session</th>}
            <th scope="col">Particulars</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.id}>
              <td>
                <time dateTime={event.at}>{new Date(event.at).toLocaleTimeString()}</time>
              </td>
              <th scope="row">{event.type}</th>
              {hasSessions && <td className="mono">{event.sessionId}</td>}
              <td>{eventWords(event)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
