import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams } from '@tanstack/react-router';
import { useServices } from '../service/console-services.ts';
import { appQuery } from '../service/use-console-data.ts';
import { Failure } from '../shell/controls.tsx';

const TABS = [
  { to: '/apps/$appId', label: 'Start' },
  { to: '/apps/$appId/sessions', label: 'Sessions' },
  { to: '/apps/$appId/events', label: 'Events' },
  { to: '/apps/$appId/webhooks', label: 'Webhooks' },
  { to: '/apps/$appId/usage', label: 'Usage' },
  { to: '/apps/$appId/keys', label: 'Keys' },
  { to: '/apps/$appId/settings', label: 'Settings' },
] as const;

/** The heading above all pages of one app. */
export function AppLayout() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const { data, error } = useQuery(appQuery(useServices(), appId));
  if (error !== null) return <Failure error={error} />;
  return (
    <>
      <h1>{data?.name ?? appId}</h1>
      <nav className="tabs" aria-label="App">
        <ul>
          {TABS.map(({ to, label }) => (
            <li key={to}>
              <Link to={to} params={{ appId }} activeOptions={{ exact: label === 'Start' }}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Outlet />
    </>
  );
}
