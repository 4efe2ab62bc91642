/** The console's session: a session of the client package, with the browser's statistics of its peer connection. */
import { type OpenSessionOptions, type Outcome, openSession, type Publication, type Session, type Subscription } from '@causeway/client';

/** A track of another session, as the list of sessions names it. */
export interface RemoteTrackRef {
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
}

export type ConsolePublication = Publication<MediaStreamTrack>;
export type ConsoleSubscription = Subscription<MediaStreamTrack, RemoteTrackRef>;

export interface ConsoleSession extends Omit<Session<MediaStreamTrack, RTCDataChannel>, 'subscribe'> {
  subscribe(tracks: readonly RemoteTrackRef[]): Promise<Outcome<ConsoleSubscription>>;
  stats(): Promise<RTCStatsReport>;
  /** Loudness of a received audio track now: 0 to 1, undefined while none arrives. */
  audioLevel(mid: string): number | undefined;
}

/** @throws SfuApiError – with the peer connection closed */
export async function openConsoleSession(
  peerConnection: RTCPeerConnection,
  options: Omit<OpenSessionOptions<MediaStreamTrack, RTCDataChannel>, 'peerConnection'>,
): Promise<ConsoleSession> {
  const session = await openSession({ ...options, peerConnection });
  const lineOf = (mid: string) => peerConnection.getTransceivers().find((transceiver) => transceiver.mid === mid);
  return Object.assign(session, {
    stats: () => peerConnection.getStats(),
    audioLevel: (mid: string) => lineOf(mid)?.receiver.getSynchronizationSources()[0]?.audioLevel,
  });
}
