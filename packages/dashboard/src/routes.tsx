/** Which page is at which address. Addresses are after the `#`: they work below any path of a proxy, and reach no log. */
import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { AppLayout } from './pages/AppLayout.tsx';
import { AppsPage } from './pages/AppsPage.tsx';
import { InvitationPage, ProviderPage, SetUpPage, SignInPage } from './pages/EnterPages.tsx';
import { OverviewPage } from './pages/OverviewPage.tsx';
import { codeOf } from './service/admin-api.ts';
import type { ConsoleServices } from './service/console-services.ts';
import type { Entry } from './service/entry.ts';
import { meQuery } from './service/use-console-data.ts';
import { Failure } from './shell/controls.tsx';
import { Shell } from './shell/Shell.tsx';

/** What routes are given. */
export interface RouteContext {
  readonly services: ConsoleServices;
  readonly entry: Entry;
}

const root = createRootRouteWithContext<RouteContext>()({
  errorComponent: ({ error }) => (
    <main className="enter">
      <h1>Causeway</h1>
      <Failure error={error} />
      <p>
        <a href="#/bench">Open the bench</a>, which needs the id and secret of an app and nothing else.
      </p>
    </main>
  ),
  notFoundComponent: () => (
    <main className="enter">
      <h1>There is nothing here</h1>
      <a href="#/">Overview</a>
    </main>
  ),
});

const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', component: SignInPage });
const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: () => <SetUpPage token={tokenOf(setUp.useRouteContext())} />,
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: () => <InvitationPage token={tokenOf(invitation.useRouteContext())} />,
});
const provider = createRoute({
  getParentRoute: () => root,
  path: '/provider',
  component: () => <ProviderPage query={queryOf(provider.useRouteContext())} />,
});
const bench = createRoute({
  getParentRoute: () => root,
  path: '/bench',
  component: lazyRouteComponent(() => import('./bench/BenchRoute.tsx'), 'BenchRoute'),
});

/** Pages behind the sign-in. */
const member = createRoute({
  getParentRoute: () => root,
  id: 'member',
  component: Shell,
  async beforeLoad({ context: { services } }) {
    try {
      await services.queries.ensureQueryData(meQuery(services));
    } catch (error) {
      if (codeOf(error) === 'unauthorized') throw redirect({ to: '/sign-in' });
      // A server that embeds the SFU has no people; its bench works all the same.
      if (hasNoAdminApi(error)) throw redirect({ to: '/bench' });
      throw error;
    }
  },
});
const overview = createRoute({ getParentRoute: () => member, path: '/', component: OverviewPage });
const apps = createRoute({ getParentRoute: () => member, path: '/apps', component: AppsPage });
const app = createRoute({ getParentRoute: () => member, path: '/apps/$appId', component: AppLayout });
const appStart = createRoute({
  getParentRoute: () => app,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/AppStartPage.tsx'), 'AppStartPage'),
});
const keys = createRoute({
  getParentRoute: () => app,
  path: '/keys',
  component: lazyRouteComponent(() => import('./pages/KeysPage.tsx'), 'KeysPage'),
});
const sessions = createRoute({
  getParentRoute: () => app,
  path: '/sessions',
  component: lazyRouteComponent(() => import('./pages/SessionsPage.tsx'), 'SessionsPage'),
});
const session = createRoute({
  getParentRoute: () => app,
  path: '/sessions/$sessionId',
  component: lazyRouteComponent(() => import('./pages/SessionPage.tsx'), 'SessionPage'),
});
const events = createRoute({
  getParentRoute: () => app,
  path: '/events',
  component: lazyRouteComponent(() => import('./pages/EventsPage.tsx'), 'EventsPage'),
});
const webhooks = createRoute({
  getParentRoute: () => app,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('./pages/WebhooksPage.tsx'), 'WebhooksPage'),
});
const webhook = createRoute({
  getParentRoute: () => app,
  path: '/webhooks/$webhookId',
  component: lazyRouteComponent(() => import('./pages/WebhookPage.tsx'), 'WebhookPage'),
});
const usage = createRoute({
  getParentRoute: () => app,
  path: '/usage',
  component: lazyRouteComponent(() => import('./pages/UsagePage.tsx'), 'UsagePage'),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/AppSettingsPage.tsx'), 'AppSettingsPage'),
});
const nodes = createRoute({
  getParentRoute: () => member,
  path: '/nodes',
  component: lazyRouteComponent(() => import('./pages/NodesPage.tsx'), 'NodesPage'),
});
const team = createRoute({
  getParentRoute: () => member,
  path: '/team',
  component: lazyRouteComponent(() => import('./pages/TeamPage.tsx'), 'TeamPage'),
});
const audit = createRoute({
  getParentRoute: () => member,
  path: '/audit',
  component: lazyRouteComponent(() => import('./pages/AuditPage.tsx'), 'AuditPage'),
});
const account = createRoute({
  getParentRoute: () => member,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/AccountPage.tsx'), 'AccountPage'),
});

const routeTree = root.addChildren([
  signIn,
  setUp,
  invitation,
  provider,
  bench,
  member.addChildren([
    overview,
    apps,
    app.addChildren([appStart, keys, sessions, session, events, webhooks, webhook, usage, settings]),
    nodes,
    team,
    audit,
    account,
  ]),
]);

/** The router of one loaded page. */
export function createConsoleRouter(context: RouteContext) {
  return createRouter({ routeTree, history: createHashHistory(), context });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}

function hasNoAdminApi(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'route_not_found' || code === 'unexpected_reply';
}

function queryOf({ entry }: RouteContext): string {
  return entry.kind === 'provider' ? entry.query : '';
}

function tokenOf({ entry }: RouteContext): string {
  return entry.kind === 'one-time' ? entry.token : '';
}
