import type { ApiEvent } from '@causeway/protocol';
import { useParams } from '@tanstack/react-router';
import { eventWords } from '../service/event-words.ts';
import { useAppEvents } from '../service/use-console-data.ts';
import { Failure, TableBox } from '../shell/controls.tsx';

const MAX_EVENTS = 200;

/** The events of an app since the page was opened. */
export function EventsPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const { events, stopped } = useAppEvents(appId, MAX_EVENTS);
  return (
    <section aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <p className="hint">Up to {MAX_EVENTS} events since you opened this page, newest first.</p>
      <Failure error={stopped} />
      <EventTable events={events} hasSessions />
    </section>
  );
}

interface EventTableProps {
  readonly events: readonly ApiEvent[];
  /** Whether the events are of several sessions. */
  readonly hasSessions?: boolean;
}

/** A table of events in the given order. */
export function EventTable({ events, hasSessions = false }: EventTableProps) {
  if (events.length === 0) return <p>No events yet.</p>;
  return (
    <TableBox label="Events table">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            {hasSessions && <th scope="col">Session</th>}
            <th scope="col">Details</th>
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
