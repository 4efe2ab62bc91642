import type { LocalTrack, Outcome } from '@causeway/client';
import type { CreateSessionReply } from '@causeway/protocol';
import type { ConsolePublication, ConsoleSession, ConsoleSubscription, RemoteTrackRef } from '../../src/console/console-session.ts';

/** A session that accepts every call. Single methods can be replaced. */
export interface FakeSession extends ConsoleSession {
  readonly log: string[];
}

export function createFakeSession(sessionId: string, replaced: Partial<ConsoleSession> = {}): FakeSession {
  const log: string[] = [];
  let lines = 0;
  const session: ConsoleSession = {
    sessionId,
    created: { sessionId } as CreateSessionReply,
    state: { phase: 'connected' },
    mediaPort: 8081,
    publish: async (tracks) => {
      log.push(`publish ${tracks.map(({ name }) => name).join(' ')}`);
      return { done: tracks.map((local) => published(local, `p${lines++}`)), failures: [] };
    },
    unpublish: async (publications) => void log.push(`unpublish ${publications.map(({ trackId }) => trackId).join(' ')}`),
    subscribe: async (tracks) => {
      log.push(`subscribe ${tracks.map(({ remoteTrackId }) => remoteTrackId).join(' ')}`);
      return { done: tracks.map((track) => ({ ...track, ...received(`s${lines++}`) })), failures: [] };
    },
    unsubscribe: async (mids) => void log.push(`unsubscribe ${mids.join(' ')}`),
    update: async (mid, { quality }) => void log.push(`update ${mid} ${quality}`),
    publishData: () => Promise.reject(new Error('not in this test')),
    subscribeData: () => Promise.reject(new Error('not in this test')),
    renegotiate: async () => void log.push('renegotiate'),
    verify: async () => void log.push('verify'),
    stats: async () => new Map() as unknown as RTCStatsReport,
    audioLevel: () => undefined,
    leave: async () => void log.push('leave'),
  };
  return { ...session, ...replaced, log };
}

export function subscribed(track: RemoteTrackRef, mid: string): ConsoleSubscription {
  return { ...track, ...received(mid) };
}

export function subscriptions(...done: ConsoleSubscription[]): Outcome<ConsoleSubscription> {
  return { done, failures: [] };
}

function received(mid: string) {
  return { mid, track: { id: `media-of-${mid}` } as MediaStreamTrack };
}

function published({ track, name }: LocalTrack<MediaStreamTrack>, mid: string): ConsolePublication {
  return { trackId: track.id, mid, kind: track.kind as 'audio' | 'video', name, track };
}
