import type { RouteDescription } from './route.ts';

const ABOUT_EVENTS =
  'Server-sent events, for an EventSource or any HTTP client; the data of each is JSON. A client that comes back with `Last-Event-ID` gets what it has missed in the last ten minutes. As an EventSource can set no header, a token may be given as `?token=`, the secret may not. The stream ends with its token.';

/** Endpoints whose reply has no end. */
export const EVENT_ROUTES: readonly RouteDescription[] = [
  {
    operationId: 'streamAppEvents',
    access: 'list',
    method: 'get',
    path: '/events',
    summary: 'Hear of what happens in an app',
    description: `${ABOUT_EVENTS} In a cluster they are those of all nodes.`,
    reply: 'ApiEvent',
    replyType: 'text/event-stream',
    errors: ['no_capacity'],
    acceptsTokenInQuery: true,
  },
  {
    operationId: 'streamSessionEvents',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/events',
    summary: 'Hear of what happens to a session',
    description: `${ABOUT_EVENTS} The stream ends with the session.`,
    reply: 'ApiEvent',
    replyType: 'text/event-stream',
    errors: ['session_not_found', 'session_closed', 'no_capacity'],
    acceptsTokenInQuery: true,
  },
];
