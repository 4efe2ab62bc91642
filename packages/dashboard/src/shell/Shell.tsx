import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useServices } from '../service/console-services.ts';
import { chooseOrg, useMe, useMembership } from '../service/use-console-data.ts';
import { Mark } from '../ui/Icon.tsx';
import { Button } from './controls.tsx';

const PAGES = [
  { to: '/', label: 'Overview' },
  { to: '/apps', label: 'Apps' },
  { to: '/nodes', label: 'Nodes' },
  { to: '/team', label: 'Team' },
  { to: '/audit', label: 'Audit log' },
  { to: '/bench', label: 'Bench' },
] as const;

/** The frame of all pages behind the sign-in. */
export function Shell() {
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={skipToContent}>
        Skip to content
      </button>
      <header className="shell-head">
        <p className="brand">
          <Mark />
          <span>Causeway</span>
        </p>
        <OrgName />
        <Account />
      </header>
      <nav className="shell-nav" aria-label="Console">
        <ul>
          {PAGES.map(({ to, label }) => (
            <li key={to}>
              <Link to={to} activeOptions={{ exact: to === '/' }}>
                {label}
              </Link>
            </li>
          ))}
          <li>
            <a href="./docs">API reference</a>
          </li>
        </ul>
      </nav>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

/** This is for a button and not a link, because the part of an address after the `#` names a page and not a place in it. */
function skipToContent(): void {
  document.getElementById('content')?.focus();
}

function OrgName() {
  const { memberships } = useMe();
  const membership = useMembership();
  const queries = useQueryClient();
  if (membership === undefined) return <p className="place">no organisation</p>;
  if (memberships.length === 1) return <p className="place">{membership.organisation.name}</p>;
  const choose = (orgId: string) => {
    chooseOrg(orgId);
    // The data is the same in a new object, so that everything that depends on it is rendered again.
    queries.setQueryData(['me'], (me: object | undefined) => me && { ...me });
  };
  return (
    <label className="place">
      <span className="sr-only">Organisation</span>
      <select value={membership.organisation.id} onChange={(event) => choose(event.target.value)}>
        {memberships.map(({ organisation }) => (
          <option key={organisation.id} value={organisation.id}>
            {organisation.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Account() {
  const services = useServices();
  const navigate = useNavigate();
  const { person } = useMe();
  const signOut = async () => {
    await services.admin.signOut().catch(() => undefined);
    services.forget();
    await navigate({ to: '/sign-in' });
  };
  return (
    <p className="account">
      <Link to="/account">{person?.name}</Link>
      <Button onPress={() => void signOut()}>Sign out</Button>
    </p>
  );
}
