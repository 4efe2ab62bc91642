/** The request and reply bodies that the API reference shows, with its own field values. */
import {
  CloseTracksReply,
  CloseTracksRequest,
  CreateSessionReply,
  CreateSessionRequest,
  ListTracksReply,
  PublishReply,
  PublishRequest,
  parseRequest,
  RenegotiateRequest,
  SessionSummary,
  SubscribeReply,
  SubscribeRequest,
} from '@causeway/protocol';
import type { z } from 'zod';

const OFFER = { type: 'offer', sdp: 'v=0\r\no=- 8184802762297966397 2 IN IP4 127.0.0.1\r\n' };
const ANSWER = { type: 'answer', sdp: 'v=0\r\no=- 7170991192596339755 2 IN IP4 127.0.0.1\r\n' };
const SESSION_ID = 'session-101-fc756623-3be4-4c40-b651-20e22095ee07';

const REQUESTS: [name: string, schema: z.ZodType, body: unknown][] = [
  ['create session', CreateSessionRequest, { sessionDescription: OFFER, metadata: 'optional descriptive text' }],
  ['create session as the Quick Start does', CreateSessionRequest, { sessionDescription: OFFER }],
  [
    'publish track',
    PublishRequest,
    { tracks: [{ trackId: 'local-track-uuid', mid: '1', customTrackName: 'userA-video' }], sessionDescription: OFFER },
  ],
  ['subscribe track', SubscribeRequest, { tracks: [{ remoteSessionId: SESSION_ID, remoteTrackId: 'track-uuid' }] }],
  ['close track', CloseTracksRequest, { tracks: [{ trackId: 'track-uuid-to-close' }], sessionDescription: OFFER }],
  ['renegotiate', RenegotiateRequest, { sessionDescription: ANSWER }],
];

const REPLIES: [name: string, schema: z.ZodType, body: unknown][] = [
  ['create session', CreateSessionReply, { sessionDescription: ANSWER, sessionId: SESSION_ID }],
  ['publish track', PublishReply, { sessionDescription: ANSWER, sessionId: SESSION_ID, tracks: [] }],
  [
    'subscribe track',
    SubscribeReply,
    { immediateRenegotiationRequired: true, sessionDescription: OFFER, sessionId: SESSION_ID, tracks: [] },
  ],
  ['close track', CloseTracksReply, { sessionId: SESSION_ID, success: true, sessionDescription: ANSWER, tracks: [] }],
  ['list sessions', SessionSummary, { connectionState: 'connected', metadata: '', sessionId: SESSION_ID, sfuAppId: '66ad57c7' }],
  [
    'list tracks',
    ListTracksReply,
    [
      {
        sessionId: SESSION_ID,
        sfuAppId: '66ad57c7',
        trackId: '33f140fc',
        customTrackName: 'userA-video',
        mid: '1',
        trackKind: 'video',
        status: 'active',
        rids: [],
        codec: 'VP8',
      },
    ],
  ],
];

test.each(REQUESTS)('%s: the request of the reference is accepted unchanged', (_name, schema, body) => {
  expect(parseRequest(schema, body)).toEqual(body);
});

test.each(REPLIES)('%s: a reply has the fields of the reference', (_name, schema, body) => {
  expect(schema.parse(body)).toEqual(body);
});

test.each(REQUESTS)('%s: unknown fields are dropped, not refused', (_name, schema, body) => {
  expect(parseRequest(schema, { ...(body as object), somethingNew: { a: 1 } })).toEqual(body);
});
