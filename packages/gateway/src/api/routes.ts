import {
  allFailedError,
  CloseTracksRequest,
  CreateSessionQuery,
  CreateSessionRequest,
  type FailedItem,
  ListSessionsRequest,
  PatchSessionRequest,
  PublishRequest,
  parseRequest,
  RenegotiateRequest,
  SfuError,
  SubscribeRequest,
  UnsubscribeRequest,
  UpdateTracksRequest,
} from '@causeway/protocol';
import { appBoundsOf } from '../limits/app-bounds.ts';
import { unknownRegion } from '../placement/unknown-region.ts';
import { DATA_CHANNEL_ROUTES } from './data-channel-routes.ts';
import { nextPageLink } from './next-page-link.ts';
import type { Call, Route, RouteReply } from './route.ts';

/** Every endpoint of the API, in the order of the reference, then those it does not have. Handlers parse, call and reply. */
export const ROUTES: readonly Route[] = [
  {
    operationId: 'createSession',
    method: 'post',
    path: '/session/new',
    summary: 'Create a session',
    description:
      'Sending media lines of the offer become tracks by themselves, unless autoPublish is false. In a cluster the session lives in the region nearest to the client, or in the one it names.',
    query: 'CreateSessionQuery',
    request: 'CreateSessionRequest',
    reply: 'CreateSessionReply',
    errors: ['invalid_session_description', 'too_many_tracks', 'quota_exceeded', 'draining', 'no_capacity', 'node_unreachable'],
    regionFor: (call) => readNewSession(call).region,
    async handle(sfu, call) {
      const { principal, node } = call;
      const { region = node.region, ...request } = readNewSession(call);
      if (region !== node.region) throw unknownRegion(region, [node.region]);
      if (node.isDraining()) throw new SfuError('draining', 'this node is shutting down and takes no new sessions');
      const autoPublish = request.autoPublish ?? principal.settings.autoPublish;
      const reply = await sfu.createSession(principal.appId, { ...request, autoPublish }, appBoundsOf(principal.settings));
      return { body: { ...reply, region } };
    },
  },
  {
    operationId: 'publishTracks',
    method: 'post',
    path: '/session/:session_id/track/publish',
    summary: 'Publish tracks',
    description: 'Naming a media line or track that is published already changes its name.',
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
      batchReply(await sfu.publish(principal.appId, sessionId, parseRequest(PublishRequest, body))),
  },
  {
    operationId: 'subscribeTracks',
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
      batchReply(await sfu.subscribe(principal.appId, sessionId, parseRequest(SubscribeRequest, body))),
  },
  {
    operationId: 'closeTracks',
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
      batchReply(await sfu.closeTracks(principal.appId, sessionId, parseRequest(CloseTracksRequest, body))),
  },
  {
    operationId: 'listSessions',
    method: 'get',
    path: '/sessions',
    summary: 'List sessions',
    description:
      'With `limit`, a Link header with rel="next" leads to the next page. A header `X-Partial: true` says that sessions of other nodes are missing.',
    query: 'ListSessionsRequest',
    reply: 'SessionList',
    errors: [],
    async handle(sfu, { principal, query, url }) {
      const page = await sfu.listSessions(principal.appId, parseRequest(ListSessionsRequest, withNumericLimit(query)));
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
    method: 'get',
    path: '/session/:session_id/tracks',
    summary: 'List the tracks that a session publishes',
    reply: 'ListTracksReply',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.listTracks(principal.appId, sessionId) }),
  },
  {
    operationId: 'describeTrackPath',
    method: 'get',
    path: '/session/:session_id/track/:track_id/path',
    summary: 'Describe by which nodes a track travels',
    description:
      'The tree of copies from the node that owns the track to those where it is watched, and why each way was taken; up to two seconds old.',
    reply: 'TrackPathReply',
    errors: ['session_not_found', 'track_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId, trackId }) => ({ body: await sfu.trackPath(principal.appId, sessionId, trackId) }),
  },
  {
    operationId: 'renegotiate',
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
      body: await sfu.renegotiate(principal.appId, sessionId, parseRequest(RenegotiateRequest, body)),
    }),
  },
  {
    operationId: 'unsubscribeTracks',
    method: 'post',
    path: '/session/:session_id/track/unsubscribe',
    summary: 'End subscriptions',
    description: 'Their media lines are kept for later subscriptions, so no SDP needs to change.',
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
      batchReply(await sfu.unsubscribe(principal.appId, sessionId, parseRequest(UnsubscribeRequest, body))),
  },
  {
    operationId: 'updateTracks',
    method: 'put',
    path: '/session/:session_id/track/update',
    summary: 'Switch source, layer or pause of subscriptions',
    description: 'Never changes SDP.',
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
      batchReply(await sfu.updateTracks(principal.appId, sessionId, parseRequest(UpdateTracksRequest, body))),
  },
  ...DATA_CHANNEL_ROUTES,
  {
    operationId: 'describeSession',
    method: 'get',
    path: '/session/:session_id',
    summary: 'Describe a session',
    description: 'Its state, what it publishes and what it receives.',
    reply: 'SessionDetails',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.describeSession(principal.appId, sessionId) }),
  },
  {
    operationId: 'patchSession',
    method: 'patch',
    path: '/session/:session_id',
    summary: 'Change the metadata of a session',
    request: 'PatchSessionRequest',
    reply: 'SessionSummary',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId, body }) => ({
      body: await sfu.patchSession(principal.appId, sessionId, parseRequest(PatchSessionRequest, body)),
    }),
  },
  {
    operationId: 'deleteSession',
    method: 'delete',
    path: '/session/:session_id',
    summary: 'Close a session',
    description: 'May be repeated.',
    reply: 'DeleteSessionReply',
    errors: ['session_not_found'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.deleteSession(principal.appId, sessionId) }),
  },
  {
    operationId: 'closeSession',
    method: 'post',
    path: '/session/:session_id/close',
    summary: 'Close a session from a page that is being left',
    description: 'For `navigator.sendBeacon`, which can set no header: the credential may be given as `?token=`. A body is ignored.',
    reply: 'DeleteSessionReply',
    errors: ['session_not_found'],
    acceptsTokenInQuery: true,
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.deleteSession(principal.appId, sessionId) }),
  },
];

function readNewSession({ body, query }: Call) {
  const request = parseRequest(CreateSessionRequest, body);
  return { ...request, region: request.region ?? parseRequest(CreateSessionQuery, query).region };
}

function batchReply(body: { readonly tracks: readonly FailedItem[] }): RouteReply {
  const error = allFailedError(body.tracks);
  if (error !== undefined) throw error;
  return { body };
}

/** Numbers in a query are texts; what is not a number stays one, for the schema to refuse. */
function withNumericLimit(query: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { limit } = query;
  return typeof limit === 'string' && /^-?[0-9]+$/.test(limit) ? { ...query, limit: Number(limit) } : query;
}
