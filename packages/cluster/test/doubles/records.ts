import type { SessionRecord, TrackRecord } from '@causeway/sfu';

export const APP = 'demo';

/** @param number different ones make different ids */
export function sessionIdOf(nodeNo: number, number: number): string {
  return `session-${nodeNo}-00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function session(sessionId: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  return { appId: APP, sessionId, metadata: '', connectionState: 'connected', createdAtMs: 1_780_000_000_000, ...changes };
}

export function track(sessionId: string, trackId: string, changes: Partial<TrackRecord> = {}): TrackRecord {
  return {
    appId: APP,
    sessionId,
    trackId,
    aliases: [],
    customTrackName: '',
    mid: '0',
    kind: 'audio',
    status: 'active',
    isHidden: false,
    publicationId: `${sessionId}/${trackId}`,
    codecs: [{ name: 'opus', clockRateHz: 48_000, channels: 2, fmtp: 'useinbandfec=1' }],
    extensionUris: [],
    rids: [],
    ...changes,
  };
}
