import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { quickStart } from '../console/quick-start.ts';
import { useServices } from '../service/console-services.ts';
import { appQuery, mayDo, nodesQuery, useMe } from '../service/use-console-data.ts';
import { CopyButton } from '../ui/CopyButton.tsx';
import { RunItHere } from './RunItHere.tsx';

/** The first page of an app: its id, the Quick Start, and a way to run it in the page. */
export function AppStartPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const services = useServices();
  const { memberships } = useMe();
  const app = useQuery(appQuery(services, appId)).data;
  const nodes = useQuery(nodesQuery(services)).data;
  const role = memberships.find(({ organisation }) => organisation.id === app?.orgId)?.role;
  const port = nodes?.find(({ mediaPort }) => mediaPort !== undefined)?.mediaPort;
  const { origin, hostname } = window.location;
  const program = quickStart({ host: origin, appId, secret: 'YOUR_SECRET', stunUrl: `stun:${hostname}:${port ?? 3478}` });
  return (
    <>
      <p className="id-row">
        App ID <code>{appId}</code> <CopyButton text={appId} what="app ID" />
      </p>
      {mayDo(role, 'develop') && <RunItHere appId={appId} />}
      <section aria-labelledby="program-title">
        <div className="title-row">
          <h2 id="program-title">Quick start</h2>
          <CopyButton text={program} what="program" isLarge />
        </div>
        <p>
          Publishes your camera and plays it back, using only <code>fetch</code> and <code>RTCPeerConnection</code>. Replace{' '}
          <code>YOUR_SECRET</code> with a secret from{' '}
          <Link to="/apps/$appId/keys" params={{ appId }}>
            Keys
          </Link>
          , and paste the program into the browser console on any page served from localhost or over HTTPS. In production, your pages get a
          token from your server instead.
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
        <pre className="program-text" tabIndex={0}>
          {program}
        </pre>
      </section>
    </>
  );
}
