/** Turns what a request says about remote tracks into what negotiation needs to know of them. */
import { type AppId, type ErrorCode, nodeNoOf, parseSessionId, type SubscribeItem } from '@causeway/protocol';
import type { SubscriptionWish, TrackSource } from '../negotiation/index.ts';
import type { TrackReference } from '../registry/index.ts';
import { chooseLayer } from './layer-choice.ts';
import type { SessionParts } from './session-parts.ts';
import { trackSourceOf } from './track-records.ts';

export interface LocateFailure {
  readonly type: 'failed';
  readonly code: ErrorCode;
  readonly description: string;
}

export type LocatedTrack = { readonly type: 'located'; readonly source: TrackSource } | LocateFailure;
export type LocatedWish = { readonly type: 'wish'; readonly wish: SubscriptionWish } | LocateFailure;

export interface RemoteTrack {
  readonly remoteSessionId: string;
  readonly remoteTrackId?: string | undefined;
  readonly customTrackName?: string | undefined;
}

type LocatingParts = Pick<SessionParts, 'registry' | 'directory'>;

/** The wish behind one item of a subscribe request. */
export async function locateWish(appId: AppId, item: SubscribeItem, parts: LocatingParts): Promise<LocatedWish> {
  const located = await locateTrack(appId, item, parts);
  if (located.type === 'failed') return located;
  const { source } = located;
  const layer = chooseLayer(item, source.rids);
  if (layer.type === 'rid_not_available') {
    return failed('rid_not_available', `track ${source.remoteTrackId} has the layers [${source.rids.join(', ')}], not ${layer.rid}`);
  }
  return {
    type: 'wish',
    wish: {
      source,
      mid: item.mid,
      followedName: item.customTrackName,
      isPaused: item.paused ?? false,
      preferredRid: layer.preferredRid,
      isDuplicate: item.duplicate ?? false,
    },
  };
}

export async function locateTrack(appId: AppId, remote: RemoteTrack, { registry, directory }: LocatingParts): Promise<LocatedTrack> {
  const record = await registry.locateTrack(appId, referenceOf(remote));
  if (record === undefined) return explainMissing(appId, remote, (await registry.findSession(appId, remote.remoteSessionId)) !== undefined);
  if (!directory.isOpen(record.publicationId)) return elsewhere(record.sessionId);
  return { type: 'located', source: trackSourceOf(record, remote.remoteTrackId) };
}

function referenceOf({ remoteSessionId, remoteTrackId, customTrackName }: RemoteTrack): TrackReference {
  if (remoteTrackId !== undefined) return { by: 'id', sessionId: remoteSessionId, trackId: remoteTrackId };
  return { by: 'name', sessionId: remoteSessionId, customTrackName: customTrackName ?? '' };
}

function explainMissing(
  appId: AppId,
  { remoteSessionId, remoteTrackId, customTrackName }: RemoteTrack,
  hasSession: boolean,
): LocateFailure {
  if (!hasSession) return failed('session_not_found', `app ${appId} has no session ${remoteSessionId}`);
  const track = remoteTrackId === undefined ? `named ${customTrackName ?? ''}` : remoteTrackId;
  return failed('track_not_found', `session ${remoteSessionId} has no track ${track}`);
}

/** The registry knows the track, but this node has no copy of it. */
function elsewhere(sessionId: string): LocateFailure {
  const parsed = parseSessionId(sessionId);
  const node = parsed === undefined ? 'another node' : `node ${nodeNoOf(parsed)}`;
  return failed('relay_unavailable', `session ${sessionId} lives on ${node}, which this node has no link to`);
}

function failed(code: ErrorCode, description: string): LocateFailure {
  return { type: 'failed', code, description };
}
