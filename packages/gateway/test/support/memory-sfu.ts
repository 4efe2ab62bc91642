import { randomUUID } from 'node:crypto';
import {
  type AppId,
  formatSessionId,
  parseSessionId,
  parseTrackId,
  type SessionId,
  type SessionSummary,
  SfuError,
  type TrackSummary,
} from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';

interface MemorySession {
  readonly summary: SessionSummary;
  readonly autoPublish: boolean | undefined;
  readonly tracks: Map<string, TrackSummary>;
}

export interface MemorySfu extends Sfu {
  /** Every verb rejects with this from now on; undefined ends that. */
  failWith(error: unknown): void;
  /** Verbs started from now on wait until the returned function is called. */
  hold(): () => void;
  /** How many times a verb that changes something was carried out. */
  readonly changes: number;
  readonly lastAutoPublish: boolean | undefined;
}

const NODE_NO = 101;
const ANSWER = { type: 'answer', sdp: 'v=0\r\na=ice-pwd:answer-password-canary\r\n' } as const;
const OFFER = { type: 'offer', sdp: 'v=0\r\na=ice-pwd:offer-password-canary\r\n' } as const;

/** An SFU of sessions, tracks and names only: it negotiates nothing and moves no media. */
export function createMemorySfu(): MemorySfu {
  const sessions = new Map<string, MemorySession>();
  let failure: unknown;
  let gate: Promise<void> = Promise.resolve();
  let changes = 0;
  let isClosed = false;
  let lastAutoPublish: boolean | undefined;

  const enter = async (): Promise<void> => {
    await gate;
    if (failure !== undefined) throw failure;
  };

  const find = (appId: AppId, sessionId: string): MemorySession & { readonly id: SessionId } => {
    const session = sessions.get(sessionId);
    const id = parseSessionId(sessionId);
    if (session === undefined || id === undefined || session.summary.sfuAppId !== appId) {
      throw new SfuError('session_not_found', `there is no session ${sessionId}`);
    }
    return { ...session, id };
  };

  const findTrack = (appId: AppId, sessionId: string | undefined, trackId: string | undefined): TrackSummary | undefined => {
    const session = sessions.get(sessionId ?? '');
    return session?.summary.sfuAppId === appId ? session.tracks.get(trackId ?? '') : undefined;
  };

  const change = async (appId: AppId, sessionId: string) => {
    await enter();
    const session = find(appId, sessionId);
    changes += 1;
    return session;
  };

  return {
    failWith(error) {
      failure = error;
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    get changes() {
      return changes;
    },
    get lastAutoPublish() {
      return lastAutoPublish;
    },
    async createSession(appId, { metadata = '', autoPublish }) {
      await enter();
      changes += 1;
      lastAutoPublish = autoPublish;
      const sessionId = formatSessionId(NODE_NO, randomUUID());
      const summary: SessionSummary = { connectionState: 'new', metadata, sessionId, sfuAppId: appId };
      sessions.set(sessionId, { summary, autoPublish, tracks: new Map() });
      return { sessionDescription: ANSWER, sessionId };
    },
    async publish(appId, sessionId, { tracks }) {
      const session = await change(appId, sessionId);
      const results = tracks.map(({ trackId, mid, customTrackName = '' as TrackSummary['customTrackName'] }) => {
        const item = { trackId, mid, customTrackName };
        const namesake = [...session.tracks.values()].find((track) => customTrackName !== '' && track.customTrackName === customTrackName);
        if (namesake !== undefined) {
          return { ...item, errorCode: 'track_name_conflict' as const, errorDescription: `track ${namesake.trackId} has this name` };
        }
        const track = { ...item, trackKind: 'video' as const, status: 'pending' as const };
        session.tracks.set(trackId, { ...track, sessionId: session.id, sfuAppId: appId, rids: [], codec: 'VP8' });
        return track;
      });
      return { sessionDescription: ANSWER, sessionId: session.id, tracks: results };
    },
    async subscribe(appId, sessionId, { tracks }) {
      const session = await change(appId, sessionId);
      const results = tracks.map(({ remoteSessionId, remoteTrackId }, index) => {
        const item = { remoteSessionId, remoteTrackId };
        const track = findTrack(appId, remoteSessionId, remoteTrackId);
        return track === undefined
          ? { ...item, errorCode: 'track_not_found' as const, errorDescription: `session ${remoteSessionId} has no track ${remoteTrackId}` }
          : { ...item, mid: String(index), trackKind: track.trackKind, status: track.status };
      });
      return { immediateRenegotiationRequired: true, sessionDescription: OFFER, sessionId: session.id, tracks: results };
    },
    async unsubscribe(appId, sessionId, { tracks }) {
      const session = await change(appId, sessionId);
      return { sessionId: session.id, success: true, tracks: tracks.map(({ mid }) => ({ mid })) };
    },
    async updateTracks(appId, sessionId, { tracks }) {
      const session = await change(appId, sessionId);
      const results = tracks.map(({ mid, remoteSessionId = session.id }) => ({ mid, remoteSessionId }));
      return { immediateRenegotiationRequired: false, sessionId: session.id, tracks: results };
    },
    async closeTracks(appId, sessionId, { tracks }) {
      const session = await change(appId, sessionId);
      const results = tracks.map(({ trackId = '' }) => {
        const status = session.tracks.delete(trackId) ? ('closed' as const) : ('already_closed' as const);
        return { trackId: parseTrackId(trackId), status };
      });
      return { sessionId: session.id, success: true, sessionDescription: ANSWER, tracks: results };
    },
    async renegotiate(appId, sessionId, { sessionDescription }) {
      const session = await change(appId, sessionId);
      return { sessionId: session.id, success: true, ...(sessionDescription.type === 'offer' ? { sessionDescription: ANSWER } : {}) };
    },
    async listSessions(appId, { limit, cursor } = {}) {
      await enter();
      const own = [...sessions.values()].map(({ summary }) => summary).filter((summary) => summary.sfuAppId === appId);
      const start = Number(cursor ?? 0);
      const end = limit === undefined ? own.length : start + limit;
      return { sessions: own.slice(start, end), ...(end < own.length ? { nextCursor: String(end) } : {}) };
    },
    async listTracks(appId, sessionId) {
      await enter();
      return [...find(appId, sessionId).tracks.values()];
    },
    async describeSession(appId, sessionId) {
      await enter();
      const { summary, tracks } = find(appId, sessionId);
      return { ...summary, createdAt: '2026-05-05T00:00:00.000Z', tracks: [...tracks.values()], subscriptions: [] };
    },
    async patchSession(appId, sessionId, { metadata }) {
      const session = await change(appId, sessionId);
      const summary = { ...session.summary, metadata };
      sessions.set(session.id, { ...session, summary });
      return summary;
    },
    async deleteSession(appId, sessionId) {
      const session = await change(appId, sessionId);
      sessions.delete(session.id);
      return { sessionId: session.id, success: true };
    },
    isReady: () => !isClosed,
    get stats() {
      return { sessions: sessions.size, publications: 0, subscriptions: 0 };
    },
    async close() {
      isClosed = true;
    },
  };
}
