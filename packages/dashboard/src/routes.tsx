/** Maps addresses to the pages of the console. Addresses follow the `#`, so they work below any path of a proxy and appear in no log. */
import { QueryClientProvider } from '@tanstack/react-query';
import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  RouterProvider,
  redirect,
} from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { PAGES } from './first-page.ts';
import { AppLayout } from './pages/AppLayout.tsx';
import { AppsPage } from './pages/AppsPage.tsx';
import { InvitationPage, ProviderPage, SetUpPage, SignInPage } from './pages/EnterPages.tsx';
import { OverviewPage } from './pages/OverviewPage.tsx';
import { codeOf } from './service/admin-api.ts';
import { type ConsoleServices, createConsoleServices, ServicesContext } from './service/console-services.ts';
import { type Entry, readEntry } from './service/entry.ts';
import { appQuery, meQuery } from './service/use-console-data.ts';
import { Failure } from './shell/controls.tsx';
import { Shell } from './shell/Shell.tsx';

/** The context of all routes. */
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
        You can still <a href="#/bench">open the bench</a> with the ID and a secret of an app.
      </p>
    </main>
  ),
  notFoundComponent: () => (
    <main className="enter">
      <h1>Page not found</h1>
      <a href="#/">Go to the overview</a>
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
  component: lazyRouteComponent(PAGES['/bench'].load, 'BenchRoute'),
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
      // A server that embeds the SFU has no people, but its bench works.
      if (hasNoAdminApi(error)) throw redirect({ to: '/bench' });
      throw error;
    }
  },
});
const overview = createRoute({ getParentRoute: () => member, path: '/', component: OverviewPage });
const apps = createRoute({ getParentRoute: () => member, path: '/apps', component: AppsPage });
const app = createRoute({
  getParentRoute: () => member,
  path: '/apps/$appId',
  component: AppLayout,
  // Waits for the app, because the layout of a page depends on it. The page shows the error if this fails.
  async loader({ context: { services }, params: { appId } }) {
    await services.queries.ensureQueryData(appQuery(services, appId)).catch(() => undefined);
  },
});
const appStart = createRoute({
  getParentRoute: () => app,
  path: '/',
  component: lazyRouteComponent(PAGES['/apps/$appId'].load, 'AppStartPage'),
});
const keys = createRoute({
  getParentRoute: () => app,
  path: '/keys',
  component: lazyRouteComponent(PAGES['/apps/$appId/keys'].load, 'KeysPage'),
});
const sessions = createRoute({
  getParentRoute: () => app,
  path: '/sessions',
  component: lazyRouteComponent(PAGES['/apps/$appId/sessions'].load, 'SessionsPage'),
});
const session = createRoute({
  getParentRoute: () => app,
  path: '/sessions/$sessionId',
  component: lazyRouteComponent(PAGES['/apps/$appId/sessions/$sessionId'].load, 'SessionPage'),
});
const events = createRoute({
  getParentRoute: () => app,
  path: '/events',
  component: lazyRouteComponent(PAGES['/apps/$appId/events'].load, 'EventsPage'),
});
const webhooks = createRoute({
  getParentRoute: () => app,
  path: '/webhooks',
  component: lazyRouteComponent(PAGES['/apps/$appId/webhooks'].load, 'WebhooksPage'),
});
const webhook = createRoute({
  getParentRoute: () => app,
  path: '/webhooks/$webhookId',
  component: lazyRouteComponent(PAGES['/apps/$appId/webhooks/$webhookId'].load, 'WebhookPage'),
});
const usage = createRoute({
  getParentRoute: () => app,
  path: '/usage',
  component: lazyRouteComponent(PAGES['/apps/$appId/usage'].load, 'UsagePage'),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(PAGES['/apps/$appId/settings'].load, 'AppSettingsPage'),
});
const nodes = createRoute({
  getParentRoute: () => member,
  path: '/nodes',
  component: lazyRouteComponent(PAGES['/nodes'].load, 'NodesPage'),
});
const team = createRoute({
  getParentRoute: () => member,
  path: '/team',
  component: lazyRouteComponent(PAGES['/team'].load, 'TeamPage'),
});
const audit = createRoute({
  getParentRoute: () => member,
  path: '/audit',
  component: lazyRouteComponent(PAGES['/audit'].load, 'AuditPage'),
});
const account = createRoute({
  getParentRoute: () => member,
  path: '/account',
  component: lazyRouteComponent(PAGES['/account'].load, 'AccountPage'),
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

/** The parameters of `openConsole`. */
interface Opening {
  /** The URL under which the page was loaded, which a proxy may have put below a path. It ends with a slash. */
  readonly baseUrl: string;
  readonly entry: Entry;
  /** Sends the calls of the admin API. */
  readonly send: typeof fetch;
}

/** Shows the page at the present address, and follows navigation. */
export function openConsole({ baseUrl, entry, send }: Opening): void {
  // A link with credentials that is pasted into an open console is opened as in a new tab.
  window.addEventListener('hashchange', () => {
    if (readEntry(window.location.pathname, window.location.hash).kind === 'bench') window.location.reload();
  });
  const services = createConsoleServices(baseUrl, send);
  const router = createConsoleRouter({ services, entry });
  const place = document.getElementById('console');
  if (place === null) throw new Error('index.html has no element #console.');
  createRoot(place).render(
    <StrictMode>
      <ServicesContext value={services}>
        <QueryClientProvider client={services.queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ServicesContext>
    </StrictMode>,
  );
}

function createConsoleRouter(context: RouteContext) {
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
