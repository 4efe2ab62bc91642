import {
  allFailedError,
  CloseTracksRequest,
  CreateSessionQuery,
  CreateSessionRequest,
  type FailedItem,
  ListSessionsRequest,
  PatchSessionRequest,
  PatchTrackRequest,
  PublishRequest,
  parseRequest,
  RenegotiateRequest,
  SfuError,
  SubscribeRequest,
  UnsubscribeRequest,
  UpdateTracksRequest,
} from '@causeway/protocol';
import { appBoundsOf } from '../limits/app-bounds.ts';
import { unknownRegion } from '../placement/session-placement.ts';
import { tokenOf } from './authorize.ts';
import { DATA_CHANNEL_ROUTES } from './data-channel-routes.ts';
import { type Call, nextPageLink, type Route, type RouteReply } from './route.ts';
import { TOKEN_ROUTES } from './token-routes.ts';

/**
 * Every endpoint of the API, in the order of the reference (`packages/e2e/fixtures/reference.txt`), followed by those
 * that the reference does not have. Handlers parse, call and reply.
 */
export const ROUTES: readonly Route[] = [
  {
    operationId: 'createSession',
    access: 'create',
    method: 'post',
    path: '/session/new',
    summary: 'Create a session',
    description:
      'Media lines that send in the offer are published automatically, unless autoPublish is false. In a cluster the session is created in the region nearest to the client, or in the region that the call names.',
    query: 'CreateSessionQuery',
    request: 'CreateSessionRequest',
    reply: 'CreateSessionReply',
    errors: [
      'invalid_session_description',
      'too_many_tracks',
      'multiple_errors',
      'quota_exceeded',
      'track_not_found',
      'track_name_conflict',
      'codec_mismatch',
      'draining',
      'no_capacity',
      'node_unreachable',
    ],
    regionFor: (call) => readNewSession(call).region,
    async handle(sfu, call) {
      const { principal, node } = call;
      const { region = node.region, ...request } = readNewSession(call);
      if (region !== node.region) throw unknownRegion(region, [node.region]);
      if (node.isDraining()) throw new SfuError('draining', 'this node is shutting down and accepts no new sessions');
      const autoPublish = request.autoPublish ?? principal.settings.autoPublish;
      const token = tokenOf(principal);
      const reply = await sfu.createSession(principal.appId, { ...request, autoPublish }, appBoundsOf(principal.settings), token);
      const sessionToken = call.tokens.sessionToken(principal.appId, reply.sessionId, token);
      return { body: { ...reply, region, ...(sessionToken === undefined ? {} : { sessionToken }) } };
    },
  },
  {
    operationId: 'publishTracks',
    access: 'publish',
    method: 'post',
    path: '/session/:session_id/track/publish',
    summary: 'Publish tracks',
    description: 'Calling it for a media line or track that is already published renames the track.',
    request: 'PublishRequest',
    reply: 'PublishReply',
    errors: [
      'invalid_session_description',
      'too_many_tracks',
      'multiple_errors',
      'quota_exceeded',
      'session_not_found',
      'track_not_found',
      'negotiation_glare',
      'track_name_conflict',
      'codec_mismatch',
      'session_closed',
    ],
    handle: async (sfu, { principal, sessionId, body }) =>
      batchReply(await sfu.publish(principal.appId, sessionId, parseRequest(PublishRequest, body), tokenOf(principal))),
  },
  {
    operationId: 'subscribeTracks',
    access: 'subscribe',
    method: 'post',
    path: '/session/:session_id/track/subscribe',
    summary: 'Subscribe to tracks',
    description: 'If immediateRenegotiationRequired, answer the offer in the reply with `renegotiate` within 10 seconds.',
    request: 'SubscribeRequest',
    reply: 'SubscribeReply',
    errors: [
      'too_many_tracks',
      'multiple_errors',
      'quota_exceeded',
      'session_not_found',
      'track_not_found',
      'negotiation_in_progress',
      'codec_mismatch',
      'rid_not_available',
      'session_closed',
      'relay_unavailable',
    ],
    handle: async (sfu, { principal, sessionId, body }) =>
      batchReply(await sfu.subscribe(principal.appId, sessionId, parseRequest(SubscribeRequest, body), tokenOf(principal))),
  },
  {
    operationId: 'closeTracks',
    access: 'close',
    method: 'post',
    path: '/session/:session_id/track/close',
    summary: 'Close published tracks',
    request: 'CloseTracksRequest',
    reply: 'CloseTracksReply',
    errors: [
      'invalid_session_description',
      'too_many_tracks',
      'multiple_errors',
      'session_not_found',
      'track_not_found',
      'negotiation_glare',
      'session_closed',
    ],
    handle: async (sfu, { principal, sessionId, body }) =>
      batchReply(await sfu.closeTracks(principal.appId, sessionId, parseRequest(CloseTracksRequest, body), tokenOf(principal))),
  },
  {
    operationId: 'listSessions',
    access: 'list',
    method: 'get',
    path: '/sessions',
    summary: 'List sessions',
    description:
      'With `limit`, a Link header with rel="next" points to the next page. The header `X-Partial: true` means that sessions of other nodes are missing.',
    query: 'ListSessionsRequest',
    reply: 'SessionList',
    errors: [],
    async handle(sfu, { principal, query, url }) {
      const page = await sfu.listSessions(principal.appId, parseRequest(ListSessionsRequest, withNumericLimit(query)), tokenOf(principal));
      return {
        body: page.sessions,
        headers: {
          ...(page.nextCursor === undefined ? {} : { Link: nextPageLink(url, page.nextCursor) }),
          ...(page.isPartial === true ? { 'X-Partial': 'true' } : {}),
        },
      };
    },
  },
  {
    operationId: 'listTracks',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/tracks',
    summary: 'List the tracks that a session publishes',
    reply: 'ListTracksReply',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.listTracks(principal.appId, sessionId, tokenOf(principal)) }),
  },
  {
    operationId: 'describeTrackPath',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/track/:track_id/path',
    summary: 'Show the route of a track between nodes',
    description:
      'The tree of copies from the node that owns the track to the nodes where it is watched, and why each route was chosen. The information may be two and a half seconds old.',
    reply: 'TrackPathReply',
    errors: ['session_not_found', 'track_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId, trackId }) => ({
      body: await sfu.trackPath(principal.appId, sessionId, trackId, tokenOf(principal)),
    }),
  },
  {
    operationId: 'renegotiate',
    access: 'own',
    method: 'put',
    path: '/session/:session_id/renegotiate',
    summary: "Answer the SFU's offer, or make one",
    request: 'RenegotiateRequest',
    reply: 'RenegotiateReply',
    errors: [
      'invalid_session_description',
      'quota_exceeded',
      'session_not_found',
      'negotiation_glare',
      'no_pending_offer',
      'stale_answer',
      'session_closed',
    ],
    handle: async (sfu, { principal, sessionId, body }) => ({
      body: await sfu.renegotiate(principal.appId, sessionId, parseRequest(RenegotiateRequest, body), tokenOf(principal)),
    }),
  },
  {
    operationId: 'unsubscribeTracks',
    access: 'subscribe',
    method: 'post',
    path: '/session/:session_id/track/unsubscribe',
    summary: 'End subscriptions',
    description: 'Their media lines are reused by later subscriptions, so the SDP does not have to change.',
    request: 'UnsubscribeRequest',
    reply: 'UnsubscribeReply',
    errors: [
      'invalid_session_description',
      'too_many_tracks',
      'multiple_errors',
      'session_not_found',
      'track_not_found',
      'negotiation_glare',
      'session_closed',
    ],
    handle: async (sfu, { principal, sessionId, body }) =>
      batchReply(await sfu.unsubscribe(principal.appId, sessionId, parseRequest(UnsubscribeRequest, body), tokenOf(principal))),
  },
  {
    operationId: 'updateTracks',
    access: 'subscribe',
    method: 'put',
    path: '/session/:session_id/track/update',
    summary: 'Switch source, layer or pause of subscriptions',
    description: 'Never changes the SDP.',
    request: 'UpdateTracksRequest',
    reply: 'UpdateTracksReply',
    errors: [
      'too_many_tracks',
      'multiple_errors',
      'session_not_found',
      'track_not_found',
      'codec_mismatch',
      'rid_not_available',
      'session_closed',
      'relay_unavailable',
    ],
    handle: async (sfu, { principal, sessionId, body }) =>
      batchReply(await sfu.updateTracks(principal.appId, sessionId, parseRequest(UpdateTracksRequest, body), tokenOf(principal))),
  },
  ...DATA_CHANNEL_ROUTES,
  {
    operationId: 'describeSession',
    access: 'list',
    method: 'get',
    path: '/session/:session_id',
    summary: 'Describe a session',
    description: 'Its state, what it publishes and what it receives.',
    reply: 'SessionDetails',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.describeSession(principal.appId, sessionId, tokenOf(principal)) }),
  },
  {
    operationId: 'diagnoseSession',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/diagnose',
    summary: 'Diagnose a session',
    description:
      'Why media does not flow, the most likely cause first, and the figures behind that. A session that has ended is answered with the reason for ten minutes.',
    reply: 'DiagnoseReply',
    errors: ['session_not_found'],
    handle: async (sfu, { principal, sessionId, refusals }) => ({
      body: refusals.addTo(await sfu.diagnoseSession(principal.appId, sessionId, tokenOf(principal))),
    }),
  },
  {
    operationId: 'readSessionQuality',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/quality',
    summary: 'Show the last five minutes of a session',
    description:
      'Round trip, estimated capacity, and bitrate, loss and layer of each track, sampled about every five seconds. The event stream of the session sends further samples with `?quality=true`.',
    reply: 'SessionQualityReply',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.sessionQuality(principal.appId, sessionId, tokenOf(principal)) }),
  },
  {
    operationId: 'patchSession',
    access: 'create',
    method: 'patch',
    path: '/session/:session_id',
    summary: 'Change the metadata of a session',
    request: 'PatchSessionRequest',
    reply: 'SessionSummary',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId, body }) => ({
      body: await sfu.patchSession(principal.appId, sessionId, parseRequest(PatchSessionRequest, body), tokenOf(principal)),
    }),
  },
  {
    operationId: 'patchTrack',
    access: 'publish',
    method: 'patch',
    path: '/session/:session_id/track/:track_id',
    summary: 'Rename a published track, or announce that it is muted',
    description: 'Never changes the SDP. Subscriptions by the former name continue.',
    request: 'PatchTrackRequest',
    reply: 'TrackSummary',
    errors: ['session_not_found', 'track_not_found', 'track_name_conflict', 'session_closed'],
    handle: async (sfu, { principal, sessionId, trackId, body }) => ({
      body: await sfu.patchTrack(principal.appId, sessionId, trackId, parseRequest(PatchTrackRequest, body), tokenOf(principal)),
    }),
  },
  {
    operationId: 'deleteSession',
    access: 'close',
    method: 'delete',
    path: '/session/:session_id',
    summary: 'Close a session',
    description: 'Closing a session again succeeds.',
    reply: 'DeleteSessionReply',
    errors: ['session_not_found'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.deleteSession(principal.appId, sessionId, tokenOf(principal)) }),
  },
  {
    operationId: 'closeSession',
    access: 'close',
    method: 'post',
    path: '/session/:session_id/close',
    summary: 'Close a session when its page is closed',
    description:
      'For `navigator.sendBeacon`, which cannot set headers: a token may be passed as `?token=`, but not the secret. A body is ignored.',
    reply: 'DeleteSessionReply',
    errors: ['session_not_found'],
    acceptsTokenInQuery: true,
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.deleteSession(principal.appId, sessionId, tokenOf(principal)) }),
  },
  ...TOKEN_ROUTES,
];

/** @throws forbidden – the token is for another region than the requested one */
function readNewSession({ body, query, principal }: Call) {
  const request = parseRequest(CreateSessionRequest, body);
  const asked = request.region ?? parseRequest(CreateSessionQuery, query).region;
  const fixed = tokenOf(principal)?.region;
  if (fixed !== undefined && asked !== undefined && asked !== fixed) throw new SfuError('forbidden', `the token is for region ${fixed}`);
  return { ...request, region: fixed ?? asked };
}

function batchReply(body: { readonly tracks: readonly FailedItem[] }): RouteReply {
  const error = allFailedError(body.tracks);
  if (error !== undefined) throw error;
  return { body };
}

/** Values in a query are strings; one that is not a number is left for the schema to refuse. */
function withNumericLimit(query: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { limit } = query;
  return typeof limit === 'string' && /^-?[0-9]+$/.test(limit) ? { ...query, limit: Number(limit) } : query;
}
