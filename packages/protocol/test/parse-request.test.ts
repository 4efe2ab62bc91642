import {
  CloseTracksRequest,
  CreateSessionRequest,
  LIMITS,
  PatchSessionRequest,
  PublishRequest,
  parseRequest,
  RenegotiateRequest,
  SfuError,
  SubscribeRequest,
  UnsubscribeRequest,
  UpdateTracksRequest,
} from '@causeway/protocol';
import type { z } from 'zod';

const offer = { type: 'offer', sdp: 'v=0\r\n' };
const track = { trackId: 't', mid: '0' };
const remote = { remoteSessionId: 's', remoteTrackId: 't' };

function refusalOf(schema: z.ZodType, body: unknown): SfuError {
  try {
    parseRequest(schema, body);
  } catch (error) {
    if (error instanceof SfuError) return error;
    throw error;
  }
  throw new Error('the body was accepted');
}

const REFUSED: [schema: z.ZodType, body: unknown, code: string, path: string, message: string][] = [
  [CreateSessionRequest, undefined, 'invalid_params', '', 'the request body is required'],
  [CreateSessionRequest, null, 'invalid_params', '', 'the request body must be an object, not null'],
  [CreateSessionRequest, [], 'invalid_params', '', 'the request body must be an object, not an array'],
  [CreateSessionRequest, {}, 'invalid_params', 'sessionDescription', 'sessionDescription is required'],
  [
    CreateSessionRequest,
    { sessionDescription: '' },
    'invalid_params',
    'sessionDescription',
    'sessionDescription must be an object with type and sdp, such as peerConnection.localDescription',
  ],
  [
    CreateSessionRequest,
    { sessionDescription: { ...offer, type: 'answer' } },
    'invalid_session_description',
    'sessionDescription.type',
    'sessionDescription.type must be "offer"',
  ],
  [
    RenegotiateRequest,
    { sessionDescription: { ...offer, type: 'rollback' } },
    'invalid_session_description',
    'sessionDescription.type',
    'sessionDescription.type must be "offer" or "answer"',
  ],
  [
    CreateSessionRequest,
    { sessionDescription: { type: 'offer', sdp: '' } },
    'invalid_session_description',
    'sessionDescription.sdp',
    'sessionDescription.sdp must not be empty',
  ],
  [
    CreateSessionRequest,
    { sessionDescription: { type: 'offer', sdp: 'é'.repeat(LIMITS.maxSdpBytes / 2 + 1) } },
    'payload_too_large',
    'sessionDescription.sdp',
    `sessionDescription.sdp must be at most ${LIMITS.maxSdpBytes} bytes`,
  ],
  [
    CreateSessionRequest,
    { sessionDescription: offer, metadata: 'é'.repeat(LIMITS.maxMetadataBytes / 2 + 1) },
    'invalid_params',
    'metadata',
    `metadata must be at most ${LIMITS.maxMetadataBytes} bytes of UTF-8`,
  ],
  [CreateSessionRequest, { sessionDescription: offer, metadata: 7 }, 'invalid_params', 'metadata', 'metadata must be a string, not 7'],
  [
    CreateSessionRequest,
    { sessionDescription: offer, subscribe: [{ remoteSessionId: 's' }] },
    'invalid_params',
    'subscribe[0]',
    'subscribe[0] must have either remoteTrackId or customTrackName',
  ],
  [PatchSessionRequest, {}, 'invalid_params', 'metadata', 'metadata is required'],
  [PublishRequest, { sessionDescription: offer }, 'invalid_params', 'tracks', 'tracks is required'],
  [
    PublishRequest,
    { tracks: [], sessionDescription: offer },
    'invalid_params',
    'tracks',
    'tracks must name at least one track, or send autoDiscover: true',
  ],
  [
    PublishRequest,
    { tracks: [track, { trackId: 't', mid: null }], sessionDescription: offer },
    'invalid_params',
    'tracks[1].mid',
    'tracks[1].mid is null: read `transceiver.mid` after setLocalDescription()',
  ],
  [
    PublishRequest,
    { tracks: [{ ...track, mid: 0 }], sessionDescription: offer },
    'invalid_params',
    'tracks[0].mid',
    'tracks[0].mid must be a string, not 0',
  ],
  [
    PublishRequest,
    { tracks: [{ ...track, customTrackName: 'my video' }], sessionDescription: offer },
    'invalid_params',
    'tracks[0].customTrackName',
    'tracks[0].customTrackName must be at most 128 letters, digits and . _ : { } -',
  ],
  [
    PublishRequest,
    { tracks: new Array(LIMITS.maxTracksPerCall + 1).fill(track), sessionDescription: offer },
    'too_many_tracks',
    'tracks',
    `tracks must name at most ${LIMITS.maxTracksPerCall} tracks`,
  ],
  [SubscribeRequest, { tracks: [] }, 'invalid_params', 'tracks', 'tracks must name at least one track'],
  [
    SubscribeRequest,
    { tracks: [{ ...remote, customTrackName: 'camera' }] },
    'invalid_params',
    'tracks[0]',
    'tracks[0] must have either remoteTrackId or customTrackName',
  ],
  [
    SubscribeRequest,
    { tracks: [{ ...remote, priority: 0 }] },
    'invalid_params',
    'tracks[0].priority',
    'tracks[0].priority must be more than 0',
  ],
  [
    SubscribeRequest,
    { tracks: [{ ...remote, maxWidth: 0.5 }] },
    'invalid_params',
    'tracks[0].maxWidth',
    'tracks[0].maxWidth must be a whole number, not 0.5',
  ],
  [
    SubscribeRequest,
    { tracks: [{ ...remote, maxTemporalLayer: 8 }] },
    'invalid_params',
    'tracks[0].maxTemporalLayer',
    'tracks[0].maxTemporalLayer must be at most 7',
  ],
  [
    SubscribeRequest,
    { tracks: [{ ...remote, simulcast: { priorityOrdering: 'best' } }] },
    'invalid_params',
    'tracks[0].simulcast.priorityOrdering',
    'tracks[0].simulcast.priorityOrdering must be "none" or "asciibetical"',
  ],
  [
    UnsubscribeRequest,
    { tracks: [{ remoteSessionId: 's' }] },
    'invalid_params',
    'tracks[0]',
    'tracks[0] must have mid, or remoteSessionId with remoteTrackId or customTrackName',
  ],
  [
    UpdateTracksRequest,
    { tracks: [{ mid: '0', remoteTrackId: 't' }] },
    'invalid_params',
    'tracks[0]',
    'tracks[0] must have remoteSessionId together with remoteTrackId or customTrackName, or none of them',
  ],
  [CloseTracksRequest, { tracks: [{}] }, 'invalid_params', 'tracks[0]', 'tracks[0] must have trackId or mid'],
];

test.each(REFUSED)('%# %o is refused with its code, path and a sentence', (schema, body, code, path, message) => {
  const refusal = refusalOf(schema, body);

  expect({ code: refusal.code, path: refusal.details?.path, message: refusal.message }).toEqual({ code, path, message });
});

test('names every wrong field, up to ten', () => {
  const tracks = new Array(LIMITS.maxTracksPerCall).fill({});

  const refusal = refusalOf(PublishRequest, { tracks, sessionDescription: offer });

  expect(refusal.details?.problems).toHaveLength(10);
  expect(refusal.details?.problems).toContainEqual({ path: 'tracks[1].mid', problem: 'is required' });
});

test('never repeats the SDP it was sent', () => {
  const refusal = refusalOf(CreateSessionRequest, { sessionDescription: { type: 'nonsense', sdp: 'a=ice-pwd:topsecret' } });

  expect(JSON.stringify([refusal.message, refusal.details])).not.toContain('topsecret');
});

test('`__proto__` in a body is treated like any other field', () => {
  const body = JSON.parse('{"sessionDescription":{"type":"offer","sdp":"v=0"},"__proto__":{"autoPublish":false}}');

  expect(parseRequest(CreateSessionRequest, body)).toEqual({ sessionDescription: { type: 'offer', sdp: 'v=0' } });
});
