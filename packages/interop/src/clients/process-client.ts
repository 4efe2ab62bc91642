/** A client whose process only handles SDP. This class makes the API calls and passes the descriptions on. */
import type { SfuApi } from '@causeway/client';
import { apiOf, redirectCandidates } from '@causeway/e2e';
import type { SubscribeDataChannelsReply } from '@causeway/protocol';
import { ClientProcess } from './client-process.ts';
import type { SentMedia } from './client-verbs.ts';
import type { InteropClient, InteropPeer, PeerRequest, RemoteTrack } from './interop-client.ts';

export interface ProcessClientOptions extends Pick<InteropClient, 'name' | 'counts'> {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
}

/** Starts the client's process. @throws Error – it does not start; the message contains its output */
export async function startProcessClient({ name, counts, command }: ProcessClientOptions): Promise<InteropClient> {
  const process = new ClientProcess(command);
  const { version, videoCodecs } = await process.call('describe', {});
  let openedPeers = 0;
  return {
    name,
    version,
    videoCodecs,
    counts,
    openPeer: (request) => openPeer(process, `peer-${++openedPeers}`, request),
    close: () => process.stop(),
  };
}

async function openPeer(process: ClientProcess, peer: string, request: PeerRequest): Promise<InteropPeer> {
  const { access, publish, receive, channels, mediaAt } = request;
  const api = apiOf(access);
  const send: readonly SentMedia[] =
    publish === undefined
      ? []
      : [
          { kind: 'video', codec: publish },
          { kind: 'audio', codec: 'opus' },
        ];
  try {
    const { sdp } = await process.call('open', { peer, send, receive, ...(channels === undefined ? {} : { channels }) });
    const reply = await api.createSession({ sessionDescription: { type: 'offer', sdp } });
    const locate = (remote: string): string => (mediaAt === undefined ? remote : redirectCandidates(remote, mediaAt));
    await process.call('accept', { peer, sdp: locate(reply.sessionDescription.sdp) });
    return sessionPeer({ process, peer, api, sessionId: reply.sessionId, locate });
  } catch (error) {
    await process.call('close', { peer }).catch(() => undefined);
    throw error;
  }
}

interface OpenSession {
  readonly process: ClientProcess;
  readonly peer: string;
  readonly api: SfuApi;
  readonly sessionId: string;
  /** Replaces the SFU's address in its candidates with that of the proxy, if there is one. */
  readonly locate: (sdp: string) => string;
}

function sessionPeer(session: OpenSession): InteropPeer {
  const { process, peer, api, sessionId } = session;
  return {
    sessionId,
    subscribe: (tracks) => subscribe(session, tracks),
    subscribeChannel: async (remoteSessionId, dataChannelName) => {
      const body = { dataChannels: [{ remoteSessionId, dataChannelName }] };
      await answer(session, await api.subscribeDataChannels(sessionId, body));
    },
    send: (label, messages) => process.call('send', { peer, label, messages }),
    readMessages: (label) => process.call('readMessages', { peer, label }),
    readReceived: () => process.call('readReceived', { peer }),
    readState: () => process.call('readState', { peer }),
    close: async () => {
      await process.call('close', { peer });
      await api.deleteSession(sessionId);
    },
  };
}

async function subscribe(session: OpenSession, tracks: readonly RemoteTrack[]): Promise<readonly string[]> {
  const { api, sessionId } = session;
  const items = tracks.map((track) => ({ remoteSessionId: track.sessionId, remoteTrackId: track.trackId }));
  const reply = await api.subscribe(sessionId, { tracks: items });
  await answer(session, reply);
  return reply.tracks.map((track) => {
    if (track.mid === undefined) throw new Error(`no media line for ${track.remoteTrackId}: ${JSON.stringify(track)}`);
    return track.mid;
  });
}

/** Answers the offer that a reply of the SFU carries, if it carries one. */
async function answer(
  { process, peer, api, sessionId, locate }: OpenSession,
  { sessionDescription: offer }: Pick<SubscribeDataChannelsReply, 'sessionDescription'>,
): Promise<void> {
  if (offer === undefined) return;
  const { sdp } = await process.call('answer', { peer, sdp: locate(offer.sdp) });
  await api.renegotiate(sessionId, { sessionDescription: { type: 'answer', sdp } });
}
