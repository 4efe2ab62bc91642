/**
 * The code and data that each page loads, by address. Those of the first page are requested before the console itself has been loaded, so
 * that code and data arrive in one round trip instead of one after the other.
 */

interface PageNeeds {
  /** Imports its module. Pages without it are part of the console. */
  readonly load?: () => Promise<object>;
  /** The first paths of the admin API that it reads. `$appId` stands for the app in the address. */
  readonly reads: readonly string[];
}

const ME = '/me';
const APP = [ME, '/apps/$appId'];

/** Pages that people may open directly, by their address in the router. */
export const PAGES = {
  '/': { reads: [ME] },
  '/apps': { reads: [ME] },
  '/apps/$appId': { load: () => import('./pages/AppStartPage.tsx'), reads: [...APP, '/nodes'] },
  '/apps/$appId/keys': { load: () => import('./pages/KeysPage.tsx'), reads: [...APP, '/apps/$appId/keys'] },
  '/apps/$appId/sessions': { load: () => import('./pages/SessionsPage.tsx'), reads: APP },
  '/apps/$appId/sessions/$sessionId': { load: () => import('./pages/SessionPage.tsx'), reads: APP },
  '/apps/$appId/events': { load: () => import('./pages/EventsPage.tsx'), reads: APP },
  '/apps/$appId/webhooks': { load: () => import('./pages/WebhooksPage.tsx'), reads: [...APP, '/apps/$appId/webhooks'] },
  '/apps/$appId/webhooks/$webhookId': { load: () => import('./pages/WebhookPage.tsx'), reads: APP },
  '/apps/$appId/usage': { load: () => import('./pages/UsagePage.tsx'), reads: APP },
  '/apps/$appId/settings': { load: () => import('./pages/AppSettingsPage.tsx'), reads: APP },
  '/nodes': { load: () => import('./pages/NodesPage.tsx'), reads: [ME, '/nodes'] },
  '/team': { load: () => import('./pages/TeamPage.tsx'), reads: [ME] },
  '/audit': { load: () => import('./pages/AuditPage.tsx'), reads: [ME] },
  '/account': { load: () => import('./pages/AccountPage.tsx'), reads: [ME] },
  '/bench': { load: () => import('./bench/BenchPage.tsx'), reads: [] },
} as const satisfies Readonly<Record<string, PageNeeds>>;

/** A reply that was requested longer ago may be out of date. */
const GOOD_FOR_MS = 30_000;

/**
 * @param hash of the address, with or without `#`
 * @returns the needs of that page; undefined for an address that is not in `PAGES`
 */
export function pageAt(hash: string): PageNeeds | undefined {
  const path = hash
    .replace(/^#/, '')
    .replace(/\?.*$/, '')
    .replace(/(?<=.)\/$/, '');
  const parts = path === '' ? ['', ''] : path.split('/');
  const isAt = (pattern: string) => {
    const wanted = pattern.split('/');
    return (
      wanted.length === parts.length && wanted.every((part, index) => (part.startsWith('$') ? parts[index] !== '' : part === parts[index]))
    );
  };
  const found = Object.entries<PageNeeds>(PAGES).find(([pattern]) => isAt(pattern));
  if (found === undefined) return undefined;
  return { ...found[1], reads: found[1].reads.map((read) => read.replace('$appId', parts[2] ?? '')) };
}

/**
 * Sends calls of the admin API before the page makes them.
 *
 * @param reads paths below that API
 * @returns a `fetch` that answers each of these calls once with the prefetched reply. It sends all calls itself once one of them was
 * refused, because the person will sign in or open another page, and once anything was changed, which includes that someone signs out
 */
export function askAhead(
  baseUrl: string,
  reads: readonly string[],
  send: typeof fetch = (...request) => fetch(...request),
  nowMs: () => number = () => performance.now(),
): typeof fetch {
  const startedMs = nowMs();
  const replies = new Map<string, Promise<Response>>();
  for (const read of reads) {
    const url = new URL(`api/admin/v1${read}`, baseUrl).href;
    const reply = send(url, { method: 'GET', cache: 'no-store' });
    // The call that uses the reply then fails, and the page reports it.
    reply.catch(() => undefined);
    replies.set(url, reply);
  }
  return async (input, init) => {
    const url = String(input);
    if (init?.method !== 'GET') replies.clear();
    const reply = init?.method === 'GET' ? replies.get(url) : undefined;
    replies.delete(url);
    if (reply === undefined || nowMs() - startedMs > GOOD_FOR_MS) return send(input, init);
    const response = await reply;
    if (!response.ok) replies.clear();
    return response;
  };
}
