import { describeBodies, ERROR_CODES, type ErrorCode, type JsonSchema, type SchemaName } from '@causeway/protocol';
import { ADMIN_BASE_PATH, type AdminRouteDescription } from '../admin/admin-route.ts';
import { ADMIN_ROUTES } from '../admin/admin-routes.ts';
import type { RouteDescription } from '../api/route.ts';
import { ROUTES } from '../api/routes.ts';
import { EVENT_ROUTES } from '../api/stream-events.ts';
import { API_BASE_PATH } from '../forwarding/asserted-call.ts';

/** Version of the API, not of the software; a test compares it with package.json while both change together. */
export const API_VERSION = '0.1.0';

/** An endpoint of either API, with its whole path. */
interface DescribedRoute extends Omit<RouteDescription, 'access'> {
  readonly access: RouteDescription['access'] | AdminRouteDescription['access'];
  readonly otherReplyTypes?: readonly string[];
  readonly setsCookie?: true;
}

const APP_ROUTES: readonly DescribedRoute[] = [...ROUTES, ...EVENT_ROUTES].map((route) => ({
  ...route,
  path: `${API_BASE_PATH}/:sfu_app_id${route.path}`,
}));
const DESCRIBED_ADMIN_ROUTES: readonly DescribedRoute[] = ADMIN_ROUTES.map((route) => ({
  ...route,
  path: `${ADMIN_BASE_PATH}${route.path}`,
}));
const REF_PREFIX = '#/components/schemas/';

/** Codes that every route may fail with. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'malformed_request',
  'unauthorized',
  'token_expired',
  'forbidden',
  'rate_limited',
  'internal_error',
];
const ADMIN_ERRORS: readonly ErrorCode[] = ['malformed_request', 'unauthorized', 'rate_limited', 'internal_error', 'books_unavailable'];
const BODY_ERRORS: readonly ErrorCode[] = [
  'invalid_json',
  'invalid_params',
  'payload_too_large',
  'unsupported_media_type',
  'request_timeout',
];
const QUERY_ERRORS: readonly ErrorCode[] = ['invalid_params'];
/** Errors of calls that the owner of the session carries out, whichever node receives them. */
const CLUSTER_ERRORS: readonly ErrorCode[] = ['node_unreachable'];
const IDEMPOTENCY_ERRORS: readonly ErrorCode[] = ['idempotency_key_reused'];

/** An OpenAPI 3.1 document, as plain JSON. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: Readonly<Record<string, JsonSchema>>;
  readonly [field: string]: unknown;
}

/** The APIs to describe in addition to that of apps. */
export interface DescribedApis {
  /** Default false. */
  readonly hasAdminApi?: boolean;
}

/** Describes the HTTP API from the table of routes and the schemas of the bodies, which are also its implementation. */
export function createOpenApiDocument({ hasAdminApi = false }: DescribedApis = {}): OpenApiDocument {
  const routes = hasAdminApi ? [...APP_ROUTES, ...DESCRIBED_ADMIN_ROUTES] : APP_ROUTES;
  const schemas = describeBodies(REF_PREFIX);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Causeway SFU',
      version: API_VERSION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Publish and subscribe to audio, video and data with a plain RTCPeerConnection and these calls. Unknown fields are ignored.',
    },
    servers: [{ url: '/' }],
    security: [{ appSecret: [] }, { accessToken: [] }],
    paths: describePaths(routes, schemas),
    components: {
      schemas: {
        ...withoutQueries(schemas),
        ErrorCode: { ...schemas.ErrorCode, description: errorCodeList(Object.keys(ERROR_CODES) as ErrorCode[]) },
      },
      headers: HEADERS,
      securitySchemes: {
        appSecret: { type: 'http', scheme: 'bearer', description: 'The secret of the app, which may do everything' },
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token, which may do what its claims grant' },
        ...(hasAdminApi
          ? {
              adminKey: { type: 'http', scheme: 'bearer', description: 'A key of the admin API, beginning with `cwa_`' },
              signIn: { type: 'apiKey', in: 'cookie', name: '__Host-causeway-sign-in', description: 'The sign-in of a person' },
            }
          : {}),
      },
    },
  };
}

const HEADERS: Readonly<Record<string, JsonSchema>> = {
  'X-Request-Id': { description: 'Id of this request, to quote when reporting a problem', schema: { type: 'string' } },
  'X-SFU-Region': { description: 'Region that replied', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait before trying again', schema: { type: 'integer' } },
  'Idempotency-Replayed': { description: '`true` if this is the reply to an earlier call with this key', schema: { const: 'true' } },
  'X-Partial': {
    description: '`true` if something is missing because another node or Redis is not available',
    schema: { const: 'true' },
  },
  Warning: { description: 'Says that a browser has sent the secret of the app, which a token should replace', schema: { type: 'string' } },
  ETag: { description: 'Version of the app or webhook, to be sent in `If-Match`', schema: { type: 'string' } },
  Link: { description: 'Leads to the next page: `<url>; rel="next"`', schema: { type: 'string' } },
};

/** Replies about something that has a version. */
const VERSIONED: readonly SchemaName[] = ['AdminApp', 'AdminWebhook', 'IssuedWebhookReply'];

const QUERIES: ReadonlySet<string | undefined> = new Set([...APP_ROUTES, ...DESCRIBED_ADMIN_ROUTES].map((route) => route.query));

/** The fields of a query are described individually, as parameters. */
function withoutQueries(schemas: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => !QUERIES.has(name)));
}

function describePaths(described: readonly DescribedRoute[], schemas: Readonly<Record<string, JsonSchema>>): OpenApiDocument['paths'] {
  const paths = Map.groupBy(described, (route) => route.path.replace(/:(\w+)/g, '{$1}'));
  return Object.fromEntries(
    [...paths].map(([path, routes]) => [
      path,
      Object.fromEntries(routes.map((route) => [route.method, describeOperation(route, schemas)])),
    ]),
  );
}

function describeOperation(route: DescribedRoute, schemas: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...securityOf(route),
    parameters: describeParameters(route, schemas),
    ...(route.request === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(route.request, REQUEST_EXAMPLES[route.request]) } }),
    responses: {
      200: {
        description: 'Success',
        headers: headerReferences([
          'X-Request-Id',
          'X-SFU-Region',
          ...(route.reply === 'SessionList' ? ['Link', 'X-Partial'] : []),
          ...(route.reply === 'UsageReply' ? ['Link'] : []),
          ...(route.reply === 'CreateSessionReply' ? ['Warning'] : []),
          ...(VERSIONED.includes(route.reply) ? ['ETag'] : []),
          ...(isNeverRepeated(route) ? [] : ['Idempotency-Replayed']),
        ]),
        content: {
          [route.replyType ?? 'application/json']: { schema: schemaReference(route.reply) },
          ...Object.fromEntries((route.otherReplyTypes ?? []).map((type) => [type, { schema: { type: 'string' } }])),
        },
      },
      ...describeErrors(route),
    },
  };
}

function securityOf({ access }: DescribedRoute): JsonSchema {
  if (access === 'secret') return { security: [{ appSecret: [] }] };
  if (access === 'admin') return { security: [{ adminKey: [] }, { signIn: [] }] };
  if (access === 'person') return { security: [{ signIn: [] }] };
  return access === 'open' ? { security: [] } : {};
}

/** Whether an Idempotency-Key has no purpose: nothing changes, or only a cookie, which is not stored for a second reply. */
function isNeverRepeated({ method, setsCookie }: DescribedRoute): boolean {
  return method === 'get' || setsCookie === true;
}

function describeParameters(route: DescribedRoute, schemas: Readonly<Record<string, JsonSchema>>): JsonSchema[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const inQuery = route.query === undefined ? {} : ((schemas[route.query]?.properties ?? {}) as Record<string, JsonSchema>);
  return [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(inQuery).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...(route.acceptsTokenInQuery ? [{ name: 'token', in: 'query', schema: { type: 'string' } }] : []),
    ...(route.replyType === 'text/event-stream' ? [{ name: 'Last-Event-ID', in: 'header', schema: { type: 'string' } }] : []),
    ...(route.errors.includes('version_conflict') ? [{ name: 'If-Match', in: 'header', schema: { type: 'string' } }] : []),
    ...(isNeverRepeated(route)
      ? []
      : [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', minLength: 1, maxLength: 128 } }]),
  ];
}

function describeErrors(route: DescribedRoute): Readonly<Record<string, JsonSchema>> {
  const isAdmin = route.access === 'admin' || route.access === 'person' || route.access === 'open';
  const codes: readonly ErrorCode[] = [
    ...(isAdmin ? ADMIN_ERRORS : COMMON_ERRORS),
    ...(route.query === undefined ? [] : QUERY_ERRORS),
    ...(route.request === undefined ? [] : BODY_ERRORS),
    ...(isNeverRepeated(route) ? [] : IDEMPOTENCY_ERRORS),
    ...(route.path.includes(':session_id') ? CLUSTER_ERRORS : []),
    ...route.errors,
  ];
  return Object.fromEntries(
    [...Map.groupBy(new Set(codes), (code) => ERROR_CODES[code].httpStatus)].map(([httpStatus, sameStatus]) => [
      httpStatus,
      {
        description: errorCodeList(sameStatus),
        headers: headerReferences(['X-Request-Id', 'X-SFU-Region', ...(httpStatus === 429 || httpStatus >= 500 ? ['Retry-After'] : [])]),
        content: jsonContent('ErrorReply'),
      },
    ]),
  );
}

function errorCodeList(codes: readonly ErrorCode[]): string {
  return codes.map((code) => `* \`${code}\`: ${ERROR_CODES[code].meaning}`).join('\n');
}

function jsonContent(schemaName: string, example?: unknown): JsonSchema {
  return { 'application/json': { schema: schemaReference(schemaName), ...(example === undefined ? {} : { example }) } };
}

function schemaReference(schemaName: string): JsonSchema {
  return { $ref: `${REF_PREFIX}${schemaName}` };
}

function headerReferences(names: readonly string[]): JsonSchema {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const OFFER = { type: 'offer', sdp: 'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n…' };
const ANSWER = { ...OFFER, type: 'answer' };
const PUBLISHER = 'session-101-5b8f3a52-7d1e-4f5a-9c43-0d6f2f1a8e77';
const TRACK_ID = '33f140fc-6d3a-4f0b-9b6e-8a7f0f2a7a11';

/** Examples by the name of the request's schema; each is valid for its schema. */
const REQUEST_EXAMPLES: Readonly<Partial<Record<SchemaName, unknown>>> = {
  CreateSessionRequest: { sessionDescription: OFFER, metadata: 'Alice', group: 'call-42' },
  PublishRequest: { sessionDescription: OFFER, tracks: [{ mid: '0', trackId: TRACK_ID, customTrackName: 'camera' }] },
  SubscribeRequest: { tracks: [{ remoteSessionId: PUBLISHER, remoteTrackId: TRACK_ID, quality: 'auto' }] },
  CloseTracksRequest: { tracks: [{ trackId: TRACK_ID }], force: true },
  RenegotiateRequest: { sessionDescription: ANSWER },
  UnsubscribeRequest: { tracks: [{ mid: '3' }] },
  UpdateTracksRequest: {
    tracks: [
      { mid: '3', quality: 'low' },
      { mid: '4', paused: true },
    ],
  },
  PublishDataChannelsRequest: { dataChannels: [{ dataChannelName: 'chat', retain: 'last' }] },
  SubscribeDataChannelsRequest: { dataChannels: [{ remoteSessionId: PUBLISHER, dataChannelName: 'chat', canReply: true }] },
  UpdateDataChannelsRequest: { dataChannels: [{ remoteSessionId: PUBLISHER, dataChannelName: 'chat', canReply: false }] },
  CloseDataChannelsRequest: { dataChannels: [{ dataChannelName: 'chat' }] },
  PatchSessionRequest: { metadata: 'Alice, on the phone' },
  PatchTrackRequest: { customTrackName: 'screen', muted: true },
  MintTokenRequest: { sub: 'user-4711', group: 'call-42', kinds: ['audio', 'video'], expiresIn: 600 },
  RevokeTokensRequest: { sub: 'user-4711', closeSessions: true },
};
