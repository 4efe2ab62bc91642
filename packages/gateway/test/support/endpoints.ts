import {
  CloseDataChannelsReply,
  CloseTracksReply,
  CreateSessionReply,
  DataChannelPathReply,
  DeleteSessionReply,
  DiagnoseReply,
  ListDataChannelsReply,
  ListTracksReply,
  PublishDataChannelsReply,
  PublishReply,
  RenegotiateReply,
  SessionDetails,
  SessionList,
  SessionQualityReply,
  SessionSummary,
  SubscribeDataChannelsReply,
  SubscribeReply,
  TrackPathReply,
  UnsubscribeReply,
  UpdateDataChannelsReply,
  UpdateTracksReply,
} from '@causeway/protocol';
import { OFFER } from './test-server.ts';

const answer = { type: 'answer', sdp: 'v=0\r\n' };
export const EXAMPLE_TRACK = { trackId: 'track-1', mid: '0', customTrackName: 'camera' };

/** Every endpoint with a body that it accepts; `ID` stands for the session, which publishes `EXAMPLE_TRACK`. */
export const ENDPOINTS: [method: string, path: string, body: unknown, reply: { parse(value: unknown): unknown }][] = [
  ['POST', '/session/new', { sessionDescription: OFFER, metadata: 'text' }, CreateSessionReply],
  [
    'POST',
    '/session/ID/track/publish',
    { tracks: [{ ...EXAMPLE_TRACK, trackId: 'track-2', customTrackName: 'screen' }], sessionDescription: OFFER },
    PublishReply,
  ],
  ['POST', '/session/ID/track/subscribe', { tracks: [{ remoteSessionId: 'ID', remoteTrackId: 'track-1' }] }, SubscribeReply],
  ['POST', '/session/ID/track/close', { tracks: [{ trackId: 'track-1' }], sessionDescription: OFFER }, CloseTracksReply],
  ['GET', '/sessions', undefined, SessionList],
  ['GET', '/session/ID/tracks', undefined, ListTracksReply],
  ['PUT', '/session/ID/renegotiate', { sessionDescription: answer }, RenegotiateReply],
  ['PUT', '/session/ID/renegotiate', { sessionDescription: OFFER }, RenegotiateReply],
  ['POST', '/session/ID/track/unsubscribe', { tracks: [{ mid: '0' }] }, UnsubscribeReply],
  ['PUT', '/session/ID/track/update', { tracks: [{ mid: '0', paused: true }] }, UpdateTracksReply],
  ['POST', '/session/ID/datachannel/publish', { dataChannels: [{ dataChannelName: 'chat' }] }, PublishDataChannelsReply],
  [
    'POST',
    '/session/ID/datachannel/subscribe',
    { dataChannels: [{ remoteSessionId: 'ID', dataChannelName: 'chat' }] },
    SubscribeDataChannelsReply,
  ],
  ['PUT', '/session/ID/datachannel/update', { dataChannels: [{ id: 1, paused: true }] }, UpdateDataChannelsReply],
  ['POST', '/session/ID/datachannel/close', { dataChannels: [{ id: 1 }] }, CloseDataChannelsReply],
  ['GET', '/session/ID/datachannels', undefined, ListDataChannelsReply],
  ['GET', '/session/ID', undefined, SessionDetails],
  ['GET', '/session/ID/diagnose', undefined, DiagnoseReply],
  ['GET', '/session/ID/quality', undefined, SessionQualityReply],
  ['PATCH', '/session/ID', { metadata: 'new text' }, SessionSummary],
  ['DELETE', '/session/ID', undefined, DeleteSessionReply],
  ['GET', '/session/ID/track/track-1/path', undefined, TrackPathReply],
  ['GET', '/session/ID/datachannels/chat/path', undefined, DataChannelPathReply],
  ['POST', '/session/ID/close', undefined, DeleteSessionReply],
];

/** The endpoint's body for a session. */
export function bodyFor(sessionId: string, body: unknown): unknown {
  return body === undefined ? undefined : JSON.parse(JSON.stringify(body).replaceAll('"ID"', `"${sessionId}"`));
}
