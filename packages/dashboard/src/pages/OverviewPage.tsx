import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useServices } from '../service/console-services.ts';
import { appsQuery, mayDo, nodesQuery, useLiveSessions, useMembership } from '../service/use-console-data.ts';
import { Failure, Loaded } from '../shell/controls.tsx';
import { NewApp } from './AppsPage.tsx';

/** Apps whose sessions are followed at once; each is one stream of events. */
const MAX_FOLLOWED_APPS = 4;

/** An overview of the organisation. */
export function OverviewPage() {
  const services = useServices();
  const membership = useMembership();
  const orgId = membership?.organisation.id ?? '';
  const apps = useQuery({ ...appsQuery(services, orgId), enabled: orgId !== '' });
  const nodes = useQuery(nodesQuery(services));
  if (membership === undefined) return <p>You are not a member of any organisation. Ask an administrator for an invitation.</p>;
  return (
    <>
      <h1>{membership.organisation.name}</h1>
      <section aria-labelledby="apps-title">
        <h2 id="apps-title">Apps</h2>
        <Loaded query={apps}>
          {(list) =>
            list.length === 0 ? (
              <div className="empty">
                <p>No apps yet. An app contains the sessions of one of your products, and the keys that give access to them.</p>
                {mayDo(membership.role, 'develop') && <NewApp orgId={orgId} />}
              </div>
            ) : (
              <ul className="cards">
                {list.slice(0, MAX_FOLLOWED_APPS).map(({ id, name }) => (
                  <li key={id} className="card">
                    <Link to="/apps/$appId" params={{ appId: id }}>
                      {name}
                    </Link>
                    <LiveCount appId={id} />
                  </li>
                ))}
                {list.length > MAX_FOLLOWED_APPS && (
                  <li className="card">
                    <Link to="/apps">All {list.length} apps</Link>
                  </li>
                )}
              </ul>
            )
          }
        </Loaded>
      </section>
      <section aria-labelledby="nodes-title">
        <h2 id="nodes-title">Nodes</h2>
        <Loaded query={nodes}>
          {(list) => (
            <p>
              {list.length === 1 ? 'One node' : `${list.length} nodes`} in {regionsText(list.map(({ region }) => region))}.{' '}
              <Link to="/nodes">Show nodes</Link>
            </p>
          )}
        </Loaded>
      </section>
    </>
  );
}

function LiveCount({ appId }: { readonly appId: string }) {
  const { data, error } = useLiveSessions(appId);
  if (error !== undefined) return <Failure error={error} />;
  if (data?.isComplete !== true) return <span className="hint">Counting…</span>;
  const { length } = data.sessions;
  return <span>{length === 1 ? '1 open session' : `${length} open sessions`}</span>;
}

function regionsText(regions: readonly string[]): string {
  const names = [...new Set(regions)];
  return names.length === 1 ? `region ${names[0]}` : `regions ${names.join(', ')}`;
}
