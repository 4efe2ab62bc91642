import type { RemoteTrackRef } from '../../src/api/sfu-api.ts';
import type { LocalTrack } from '../../src/session/sending-line.ts';
import type { Outcome, Publication, SessionClient, Subscription } from '../../src/session/session-client.ts';

/** A session that does whatever it is asked; single steps can be replaced. */
export interface FakeSession extends SessionClient {
  readonly log: string[];
}

export function createFakeSession(sessionId: string, replaced: Partial<SessionClient> = {}): FakeSession {
  const log: string[] = [];
  let lines = 0;
  const session: SessionClient = {
    sessionId,
    state: { phase: 'connected' },
    mediaPort: 8081,
    publish: async (tracks) => {
      log.push(`publish ${tracks.map(({ name }) => name).join(' ')}`);
      return { done: tracks.map((local) => published(local, `p${lines++}`)), failures: [] };
    },
    unpublish: async (publications) => void log.push(`unpublish ${publications.map(({ trackId }) => trackId).join(' ')}`),
    subscribe: async (tracks) => {
      log.push(`subscribe ${tracks.map(({ remoteTrackId }) => remoteTrackId).join(' ')}`);
      return { done: tracks.map((track) => subscribed(track, `s${lines++}`)), failures: [] };
    },
    unsubscribe: async (mids) => void log.push(`unsubscribe ${mids.join(' ')}`),
    chooseLayer: async (mid, quality) => void log.push(`chooseLayer ${mid} ${quality}`),
    verify: async () => void log.push('verify'),
    stats: async () => new Map() as unknown as RTCStatsReport,
    audioLevel: () => undefined,
    leave: async () => void log.push('leave'),
  };
  return { ...session, ...replaced, log };
}

export function subscribed(track: RemoteTrackRef, mid: string): Subscription {
  return { ...track, mid, track: { id: `media-of-${mid}` } as MediaStreamTrack };
}

export function subscriptions(...done: Subscription[]): Outcome<Subscription> {
  return { done, failures: [] };
}

function published({ track, name }: LocalTrack, mid: string): Publication {
  return { trackId: track.id, mid, kind: track.kind as 'audio' | 'video', name, track };
}
