/** An example of each request, for the OpenAPI document and the reference page. */
import type { SchemaName } from '@causeway/protocol';

const OFFER = { type: 'offer', sdp: 'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n…' };
const ANSWER = { ...OFFER, type: 'answer' };
const PUBLISHER = 'session-101-5b8f3a52-7d1e-4f5a-9c43-0d6f2f1a8e77';
const TRACK_ID = '33f140fc-6d3a-4f0b-9b6e-8a7f0f2a7a11';

/** Examples by the name of the request's schema; each is valid for its schema. */
export const REQUEST_EXAMPLES: Readonly<Partial<Record<SchemaName, unknown>>> = {
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
