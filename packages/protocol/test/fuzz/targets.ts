/** Fuzzes request bodies: any JSON must be accepted, or refused with an error that a client can read. */
import {
  CloseTracksRequest,
  CreateSessionRequest,
  PatchSessionRequest,
  PublishRequest,
  parseRequest,
  parseSessionId,
  RenegotiateRequest,
  SfuError,
  SubscribeRequest,
  UnsubscribeRequest,
  UpdateTracksRequest,
} from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { type FuzzTarget, type FuzzTargetFactory, mutateJson } from '@causeway/testkit/fuzz';

const SCHEMAS = [
  CreateSessionRequest,
  PublishRequest,
  SubscribeRequest,
  UnsubscribeRequest,
  UpdateTracksRequest,
  CloseTracksRequest,
  PatchSessionRequest,
  RenegotiateRequest,
];
const SESSION = 'session-101-fc756623-3be4-4c40-b651-20e22095ee07';
const REFUSALS: readonly string[] = ['invalid_params', 'invalid_session_description', 'too_many_tracks', 'payload_too_large'];
const MAX_DESCRIPTION_LENGTH = 2000;

function bodies(): unknown[] {
  const sessionDescription = { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') };
  return [
    { sessionDescription, metadata: 'some text', autoPublish: false },
    { sessionDescription, tracks: [{ trackId: 'camera', mid: '0', customTrackName: 'front' }] },
    { tracks: [{ remoteSessionId: SESSION, remoteTrackId: 'camera', quality: 'high', priority: 2, paused: true }] },
    { tracks: [{ remoteSessionId: SESSION, customTrackName: 'front', mid: '1', simulcast: { preferredRid: 'h' } }] },
    { tracks: [{ mid: '1' }], force: true },
    { tracks: [{ trackId: 'camera' }], sessionDescription },
    { metadata: 'other' },
    { sessionDescription: { ...sessionDescription, type: 'answer' } },
  ];
}

function bodyTarget(): FuzzTarget {
  const decoder = new TextDecoder();
  return {
    name: 'bodies',
    share: 1,
    seeds: bodies().map((body) => new TextEncoder().encode(JSON.stringify(body))),
    mutate: mutateJson,
    run(input) {
      const text = decoder.decode(input);
      parseSessionId(text);
      const body = jsonOf(text);
      if (body === undefined) return;
      // One body is one request; which one it is does not matter.
      const schema = SCHEMAS[input.length % SCHEMAS.length] ?? CreateSessionRequest;
      try {
        parseRequest(schema, body.value);
      } catch (error) {
        if (!(error instanceof SfuError) || !REFUSALS.includes(error.code)) throw error;
        if (error.message.length > MAX_DESCRIPTION_LENGTH) throw new Error(`a refusal has ${error.message.length} characters`);
      }
    },
    verify() {
      const [pollution] = Object.keys(Object.prototype);
      if (pollution !== undefined) throw new Error(`Object.prototype has got a property ${pollution}`);
    },
  };
}

function jsonOf(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

export const fuzzTargets: readonly FuzzTargetFactory[] = [{ name: 'bodies', create: bodyTarget }];
