import { useParams } from '@tanstack/react-router';
import { useAppEvents } from '../service/use-console-data.ts';
import { Failure } from '../shell/controls.tsx';
import { EventTable } from './EventTable.tsx';

const MAX_EVENTS = 200;

/** What happens in an app, as it happens. */
export function EventsPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const { events, stopped } = useAppEvents(appId, MAX_EVENTS);
  return (
    <section aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <p className="hint">The last {MAX_EVENTS} since this page was opened, the newest first.</p>
      <Failure error={stopped} />
      <EventTable events={events} hasSessions />
    </section>
  );
}
