import type { RouteDescription } from './route.ts';

const ABOUT_EVENTS =
  'Server-sent events, for an EventSource or any HTTP client; the data of each event is JSON. A client that reconnects with `Last-Event-ID` receives what it missed during the last ten minutes. Since an EventSource cannot set headers, a token may be passed as `?token=`, but not the secret. The stream ends when its token expires.';

/** Endpoints with unlimited replies. */
export const EVENT_ROUTES: readonly RouteDescription[] = [
  {
    operationId: 'streamAppEvents',
    access: 'list',
    method: 'get',
    path: '/events',
    summary: 'Stream the events of an app',
    description: `${ABOUT_EVENTS} In a cluster, the stream has the events of all nodes.`,
    query: 'EventsQuery',
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
    summary: 'Stream the events of a session',
    description: `${ABOUT_EVENTS} The stream ends with the session. With \`?quality=true\` it also has a message with \`event: quality\`, whose data is a QualitySample, about every five seconds.`,
    query: 'SessionEventsQuery',
    reply: 'ApiEvent',
    replyType: 'text/event-stream',
    errors: ['session_not_found', 'session_closed', 'no_capacity'],
    acceptsTokenInQuery: true,
  },
];
