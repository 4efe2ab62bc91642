/**
 * An SFU inside the page, for working on the page without a node: answers `fetch` below `/api/sfu/` and sends test pictures
 * over a real peer connection. `?sessions=6` sets how many others there are. The secret `wrong` is refused; session names and
 * states are invented. Loaded by the dev server only.
 */
import type { Description, Plain } from '@causeway/client';
import type { PublishItem } from '@causeway/protocol';
import { openTestSource } from '../src/sources/open-test-source.ts';
import { createFakePeer, type FakePeer, type SubscribeBody } from './fake-peer.ts';

interface FakeTrack {
  readonly trackId: string;
  readonly trackKind: string;
  readonly customTrackName: string;
  readonly mid: string;
  readonly codec: string;
  readonly status: string;
  readonly rids: readonly string[];
}

interface FakeSession {
  readonly sessionId: string;
  readonly metadata: string;
  readonly connectionState: string;
  tracks: FakeTrack[];
  readonly media: Map<string, () => MediaStreamTrack>;
}

const NAMES = ['Studio A', 'Gate camera 3', '', 'Commentary position, north stand', 'Anna Berg', 'Relay truck', 'Desk', 'Roof'];
const sessions = new Map<string, FakeSession>();
const peers = new Map<string, FakePeer>();
const streams = new Set<ReadableStreamDefaultController>();
const realFetch = window.fetch.bind(window);

const count = Number(new URLSearchParams(window.location.search).get('sessions') ?? 6);
for (let index = 0; index < count; index++) addOther(index);

window.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input, window.location.href);
  const [, api, sfu, appId, ...path] = url.pathname.split('/');
  if (api !== 'api' || sfu !== 'sfu' || appId === undefined) return realFetch(input, init);
  if (new Headers(init?.headers).get('Authorization') === 'Bearer wrong')
    return refuse(401, 'unauthorized', 'app id and secret do not belong together');
  const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : {};
  return handle(appId, init?.method ?? 'GET', path.map(decodeURIComponent), body);
};

async function handle(appId: string, method: string, path: readonly string[], body: unknown): Promise<Response> {
  const [first, sessionId = '', ...verb] = path;
  if (first === 'tokens') return Response.json({ token: 'fake.token.only', jti: 'fake', expiresAt: new Date().toISOString() });
  if (first === 'events') return new Response(new ReadableStream({ start: (stream) => void streams.add(stream) }));
  if (first === 'sessions') return Response.json([...sessions.values()].map((session) => summary(session, appId)));
  if (sessionId === 'new') return createSession(body as { sessionDescription: Description; metadata?: string });
  const session = sessions.get(sessionId);
  if (session === undefined) return refuse(404, 'session_not_found', `no session ${sessionId}`);
  if (method === 'DELETE') return deleteSession(session);
  if (first === 'session' && method === 'POST') queueMicrotask(() => tell('track.published', sessionId));
  if (verb[0] === 'tracks') return Response.json(session.tracks.map((track) => ({ ...track, sessionId, sfuAppId: appId })));
  return change(session, verb.join('/'), body);
}

/** Notifies the page that something about a session has changed. */
function tell(type: string, sessionId: string): void {
  const message = new TextEncoder().encode(`data: ${JSON.stringify({ type, sessionId })}\n\n`);
  for (const stream of streams) stream.enqueue(message);
}

async function change(session: FakeSession, verb: string, body: unknown): Promise<Response> {
  const { sessionId } = session;
  const peer = peers.get(sessionId);
  if (peer === undefined) return refuse(404, 'session_not_found', `no session ${sessionId}`);
  const { sessionDescription, tracks } = body as { sessionDescription: Description; tracks: readonly Plain<PublishItem>[] };
  switch (verb) {
    case 'track/publish': {
      const answer = await peer.answer(sessionDescription);
      session.tracks = tracks.map((track) => publishedTrack(track));
      return Response.json({ sessionId, sessionDescription: answer, tracks: session.tracks });
    }
    case 'track/close':
      session.tracks = session.tracks.filter(({ trackId }) => !tracks.some((closed) => closed.trackId === trackId));
      return Response.json({ sessionId, success: true, tracks: [], sessionDescription: await peer.answer(sessionDescription) });
    case 'track/subscribe':
      return subscribe(session, peer, body as SubscribeBody);
    case 'track/unsubscribe':
      await Promise.all(tracks.map(({ mid }) => peer.stopSending(mid)));
      return Response.json({ sessionId, success: true, tracks: [] });
    case 'track/update':
      return refuse(409, 'rid_not_available', 'the fake SFU has no layers to choose from');
    case 'renegotiate':
      if (sessionDescription.type === 'offer')
        return Response.json({ sessionId, success: true, sessionDescription: await peer.answer(sessionDescription) });
      await peer.acceptAnswer(sessionDescription);
      return Response.json({ sessionId, success: true });
    default:
      return refuse(404, 'route_not_found', verb);
  }
}

async function createSession({
  sessionDescription,
  metadata = '',
}: {
  sessionDescription: Description;
  metadata?: string;
}): Promise<Response> {
  const sessionId = `session-101-${crypto.randomUUID()}`;
  const peer = createFakePeer();
  peers.set(sessionId, peer);
  sessions.set(sessionId, { sessionId, metadata, connectionState: 'connected', tracks: [], media: new Map() });
  tell('session.created', sessionId);
  return Response.json({ sessionId, sessionDescription: await peer.answer(sessionDescription) });
}

function deleteSession({ sessionId }: FakeSession): Response {
  peers.get(sessionId)?.close();
  peers.delete(sessionId);
  sessions.delete(sessionId);
  tell('session.closed', sessionId);
  return Response.json({ sessionId, success: true });
}

async function subscribe({ sessionId }: FakeSession, peer: FakePeer, { tracks }: SubscribeBody): Promise<Response> {
  const media = tracks.map(({ remoteSessionId, remoteTrackId }) => sessions.get(remoteSessionId)?.media.get(remoteTrackId));
  if (media.some((open) => open === undefined)) return refuse(404, 'track_not_found', 'no such track');
  const { offer, mids } = await peer.send(media.flatMap((open) => open?.() ?? []));
  return Response.json({
    sessionId,
    immediateRenegotiationRequired: true,
    sessionDescription: offer,
    tracks: tracks.map((track, index) => ({ ...track, mid: mids[index] })),
  });
}

function addOther(index: number): void {
  const sessionId = `session-101-${crypto.randomUUID()}`;
  const video = { trackId: crypto.randomUUID(), mid: '0', trackKind: 'video', customTrackName: 'camera', codec: 'VP8' };
  const audio = { trackId: crypto.randomUUID(), mid: '1', trackKind: 'audio', customTrackName: 'microphone', codec: 'opus' };
  let source: ReturnType<typeof openTestSource> | undefined;
  const open = (place: number) => () => {
    source ??= openTestSource({ widthPixels: 640, heightPixels: 360 }, sessionId.slice(12, 20));
    return (source.tracks[place] as { track: MediaStreamTrack }).track;
  };
  sessions.set(sessionId, {
    sessionId,
    metadata: NAMES[index % NAMES.length] ?? '',
    connectionState: index === 5 ? 'disconnected' : 'connected',
    tracks:
      index === 7
        ? []
        : [
            { ...video, status: 'active', rids: index === 0 ? ['q', 'h', 'f'] : [] },
            { ...audio, status: index === 3 ? 'pending' : 'active', rids: [] },
          ],
    media: new Map([
      [video.trackId, open(0)],
      [audio.trackId, open(1)],
    ]),
  });
}

function publishedTrack({ trackId, mid, customTrackName = '' }: Plain<PublishItem>): FakeTrack {
  const isVideo = customTrackName === 'camera' || customTrackName === 'test-picture';
  return {
    trackId,
    mid,
    customTrackName,
    trackKind: isVideo ? 'video' : 'audio',
    codec: isVideo ? 'VP8' : 'opus',
    status: 'active',
    rids: [],
  };
}

function summary({ sessionId, metadata, connectionState }: FakeSession, sfuAppId: string) {
  return { sessionId, metadata, connectionState, sfuAppId };
}

function refuse(status: number, errorCode: string, errorDescription: string): Response {
  return Response.json({ errorCode, errorDescription, requestId: 'fake-0001', retryable: false }, { status });
}
