import {
  allFailedError,
  CloseDataChannelsRequest,
  type FailedItem,
  PublishDataChannelsRequest,
  parseRequest,
  SubscribeDataChannelsRequest,
  UpdateDataChannelsRequest,
} from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';
import { tokenOf } from './authorize.ts';
import type { Call, Route } from './route.ts';

const ABOUT_SDP =
  'If data channels have not been negotiated and the request contains no offer, the reply contains one: answer it with `renegotiate` within 10 seconds.';

/** The endpoints about data channels. */
export const DATA_CHANNEL_ROUTES: readonly Route[] = [
  {
    operationId: 'publishDataChannels',
    access: 'publish',
    method: 'post',
    path: '/session/:session_id/datachannel/publish',
    summary: 'Publish data channels',
    description: `Channels that the page opens with createDataChannel are published under their labels without this call. ${ABOUT_SDP}`,
    request: 'PublishDataChannelsRequest',
    reply: 'PublishDataChannelsReply',
    errors: [
      'invalid_session_description',
      'too_many_tracks',
      'multiple_errors',
      'quota_exceeded',
      'session_not_found',
      'negotiation_glare',
      'negotiation_in_progress',
      'data_channel_conflict',
      'session_closed',
    ],
    handle: forChannels((sfu, { appId, sessionId, body, token }) =>
      sfu.publishDataChannels(appId, sessionId, parseRequest(PublishDataChannelsRequest, body), token),
    ),
  },
  {
    operationId: 'subscribeDataChannels',
    access: 'subscribe',
    method: 'post',
    path: '/session/:session_id/datachannel/subscribe',
    summary: 'Subscribe to data channels',
    description: `The RTCPeerConnection fires a \`datachannel\` event for the channel, unless it is negotiated. ${ABOUT_SDP}`,
    request: 'SubscribeDataChannelsRequest',
    reply: 'SubscribeDataChannelsReply',
    errors: [
      'invalid_session_description',
      'too_many_tracks',
      'multiple_errors',
      'quota_exceeded',
      'session_not_found',
      'data_channel_not_found',
      'negotiation_glare',
      'negotiation_in_progress',
      'session_closed',
      'relay_unavailable',
      'registry_unavailable',
    ],
    handle: forChannels((sfu, { appId, sessionId, body, token }) =>
      sfu.subscribeDataChannels(appId, sessionId, parseRequest(SubscribeDataChannelsRequest, body), token),
    ),
  },
  {
    operationId: 'updateDataChannels',
    access: 'subscribe',
    method: 'put',
    path: '/session/:session_id/datachannel/update',
    summary: 'Change who may reply, or pause subscriptions',
    request: 'UpdateDataChannelsRequest',
    reply: 'UpdateDataChannelsReply',
    errors: ['too_many_tracks', 'multiple_errors', 'session_not_found', 'data_channel_not_found', 'session_closed'],
    handle: forChannels((sfu, { appId, sessionId, body, token }) =>
      sfu.updateDataChannels(appId, sessionId, parseRequest(UpdateDataChannelsRequest, body), token),
    ),
  },
  {
    operationId: 'closeDataChannels',
    access: 'close',
    method: 'post',
    path: '/session/:session_id/datachannel/close',
    summary: 'Close published data channels and subscriptions',
    description: 'Never changes the SDP.',
    request: 'CloseDataChannelsRequest',
    reply: 'CloseDataChannelsReply',
    errors: ['too_many_tracks', 'session_not_found', 'session_closed'],
    handle: forChannels((sfu, { appId, sessionId, body, token }) =>
      sfu.closeDataChannels(appId, sessionId, parseRequest(CloseDataChannelsRequest, body), token),
    ),
  },
  {
    operationId: 'listDataChannels',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/datachannels',
    summary: 'List the data channels of a session',
    reply: 'ListDataChannelsReply',
    errors: ['session_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId }) => ({ body: await sfu.listDataChannels(principal.appId, sessionId, tokenOf(principal)) }),
  },
  {
    operationId: 'describeDataChannelPath',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/datachannels/:data_channel_name/path',
    summary: 'Show the route of a data channel between nodes',
    description:
      'The tree of copies from the node that owns the channel to the nodes of its subscribers, and why each route was chosen. The information may be two and a half seconds old.',
    reply: 'DataChannelPathReply',
    errors: ['session_not_found', 'data_channel_not_found', 'session_closed'],
    handle: async (sfu, { principal, sessionId, dataChannelName }) => ({
      body: await sfu.dataChannelPath(principal.appId, sessionId, dataChannelName, tokenOf(principal)),
    }),
  },
];

/** A call about channels of a session, by an app or by the holder of a token. */
interface ChannelsCall extends Pick<Call, 'sessionId' | 'body'> {
  readonly appId: string;
  readonly token: ReturnType<typeof tokenOf>;
}

/** @returns a handler whose call fails as a whole if it fails for every channel */
function forChannels(act: (sfu: Sfu, call: ChannelsCall) => Promise<{ readonly dataChannels: readonly FailedItem[] }>): Route['handle'] {
  return async (sfu, { principal, sessionId, body }) => {
    const reply = await act(sfu, { appId: principal.appId, sessionId, body, token: tokenOf(principal) });
    const error = allFailedError(reply.dataChannels, 'dataChannels');
    if (error !== undefined) throw error;
    return { body: reply };
  };
}
