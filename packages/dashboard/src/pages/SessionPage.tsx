import type { ApiEvent, DiagnoseReply, SessionDetails } from '@causeway/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useServices } from '../service/console-services.ts';
import { sessionQuery, useSessionStory } from '../service/use-console-data.ts';
import { Button, Failure, Loaded, Time } from '../shell/controls.tsx';
import { EventTable } from './EventsPage.tsx';
import { QualityPanel } from './QualityPanel.tsx';

const MAX_EVENTS = 200;
const BPS_PER_KBPS = 1_000;
const UNMEASURED_RTT_MS = 100;

/** One session with its details, diagnosis, quality and events. */
export function SessionPage() {
  const { appId, sessionId } = useParams({ from: '/member/apps/$appId/sessions/$sessionId' });
  const services = useServices();
  const session = useQuery(sessionQuery(services, appId, sessionId));
  const { events, samples, stopped } = useSessionStory(appId, sessionId, MAX_EVENTS);
  return (
    <>
      <h2 className="mono">{sessionId}</h2>
      <p>
        <Link to="/apps/$appId/sessions" params={{ appId }}>
          All sessions
        </Link>
      </p>
      <Loaded query={session}>
        {(details) => <Particulars details={details} state={latestState(events) ?? details.connectionState} />}
      </Loaded>
      <Diagnosis appId={appId} sessionId={sessionId} />
      <section aria-labelledby="quality-title">
        <h3 id="quality-title">Quality</h3>
        <p className="hint">Measured by the node: the last five minutes, updated live.</p>
        <QualityPanel samples={samples} />
      </section>
      <section aria-labelledby="timeline-title">
        <h3 id="timeline-title">Timeline</h3>
        <p className="hint">Events of this session, newest first. They go back at most ten minutes before you opened this page.</p>
        <Failure error={stopped} />
        <EventTable events={events} />
      </section>
    </>
  );
}

function Particulars({ details, state }: { readonly details: SessionDetails; readonly state: string }) {
  const { metadata, group, createdAt, tracks, subscriptions } = details;
  return (
    <dl className="particulars">
      <dt>State</dt>
      <dd>{state}</dd>
      <dt>Created</dt>
      <dd>
        <Time at={createdAt} />
      </dd>
      {metadata !== '' && (
        <>
          <dt>Name</dt>
          <dd>{metadata}</dd>
        </>
      )}
      {group !== undefined && (
        <>
          <dt>Group</dt>
          <dd>{group}</dd>
        </>
      )}
      <dt>Published tracks</dt>
      <dd>
        {listText(
          tracks.map(({ trackKind, customTrackName, trackId, status }) => `${trackKind} ${customTrackName || trackId} (${status})`),
        )}
      </dd>
      <dt>Subscriptions</dt>
      <dd>{listText(subscriptions.map(({ trackKind, remoteSessionId }) => `${trackKind} from ${remoteSessionId}`))}</dd>
    </dl>
  );
}

/** A button that requests a diagnosis each time it is pressed. */
function Diagnosis({ appId, sessionId }: { readonly appId: string; readonly sessionId: string }) {
  const services = useServices();
  const query = useQuery({
    queryKey: ['diagnosis', appId, sessionId],
    queryFn: ({ signal }) => services.appApi(appId).diagnoseSession(sessionId, signal),
  });
  return (
    <section aria-labelledby="diagnosis-title">
      <div className="title-row">
        <h3 id="diagnosis-title">Diagnosis</h3>
        <Button onPress={() => void query.refetch()} isDisabled={query.isFetching}>
          Run again
        </Button>
      </div>
      <div aria-live="polite">
        <Loaded query={query}>{(reply) => <Findings reply={reply} />}</Loaded>
      </div>
    </section>
  );
}

function Findings({ reply: { findings, transport, publications, subscriptions } }: { readonly reply: DiagnoseReply }) {
  const layers = publications.flatMap(({ mid, trackKind, layers }) =>
    layers.map(({ rid, bitrateBps, isArriving }) => ({
      line: `${mid} ${trackKind}${rid === '' ? '' : ` ${rid}`}`,
      bitrateBps,
      isArriving,
    })),
  );
  return (
    <>
      <ul className="findings">
        {findings.length === 0 && <li>No problems found in this session.</li>}
        {findings.map(({ code, mid = '', severity, summary }) => (
          <li key={`${code} ${mid}`} data-severity={severity}>
            {mid === '' ? summary : `Line ${mid}: ${summary}`}
          </li>
        ))}
      </ul>
      {transport !== undefined && (
        <p>
          {roundTripText(transport.rttMs)}
          {transport.estimatedBps === undefined
            ? ''
            : `, downlink capacity about ${Math.round(transport.estimatedBps / BPS_PER_KBPS)} kbit/s`}
          .
        </p>
      )}
      {layers.length > 0 && (
        <p>
          Arriving from the client:{' '}
          {layers
            .map(
              ({ line, bitrateBps, isArriving }) =>
                `line ${line}, ${isArriving ? `${Math.round(bitrateBps / BPS_PER_KBPS)} kbit/s` : 'nothing'}`,
            )
            .join('; ')}
          .
        </p>
      )}
      {subscriptions.length > 0 && (
        <p>
          Sent to the client:{' '}
          {subscriptions.map(({ mid, trackKind, packetsSent }) => `line ${mid} ${trackKind}, ${packetsSent} packets`).join('; ')}.
        </p>
      )}
    </>
  );
}

/** @returns undefined if none of the events changed it */
function latestState(events: readonly ApiEvent[]): string | undefined {
  const states: Readonly<Partial<Record<ApiEvent['type'], string>>> = {
    'session.connected': 'connected',
    'session.disconnected': 'disconnected',
    'session.closed': 'closed',
  };
  return events.map(({ type }) => states[type]).find((state) => state !== undefined);
}

/** The node reports 100 until it has measured one. */
function roundTripText(rttMs: number): string {
  return rttMs === UNMEASURED_RTT_MS ? 'Round trip not measured yet' : `Round trip ${Math.round(rttMs)} ms`;
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
