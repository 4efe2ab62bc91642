/** Looks up the remote tracks of a request for the negotiation, and turns the outcome into the reply. */
import {
  type AppId,
  allowsAction,
  type ErrorCode,
  nodeNoOf,
  parseSessionId,
  type SubscribedTrackResult,
  type SubscribeItem,
  type TokenGrants,
} from '@causeway/protocol';
import { chooseLayer, layerWishOf, type SubscriptionWish, type TrackSource, type WishOutcome } from '../negotiation/index.ts';
import type { TrackRecord, TrackReference } from '../registry/index.ts';
import type { RemoteTracks } from './remote-tracks.ts';
import { maySee } from './session-access.ts';
import type { SessionParts } from './session-parts.ts';
import { type TrackDirectory, trackSourceOf } from './track-directory.ts';

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

type LocatingParts = Pick<SessionParts, 'registry' | 'directory' | 'remoteTracks'>;

/** Identifies the session that asks for tracks. */
export interface Receiver {
  readonly appId: AppId;
  readonly sessionId: string;
  /** Undefined if it may subscribe to every track of its app. */
  readonly caller: TokenGrants | undefined;
}

/** Looks up the track of one item of a subscribe request. */
export async function locateWish(receiver: Receiver, item: SubscribeItem, parts: LocatingParts): Promise<LocatedWish> {
  const located = await locateTrack(receiver, item, parts);
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
      layers: layerWishOf(item),
      isDuplicate: item.duplicate ?? false,
    },
  };
}

/** Builds one item of the reply. */
export function subscribedResult(
  { remoteSessionId, remoteTrackId, customTrackName }: SubscribeItem,
  located: LocatedWish,
  outcome: WishOutcome | undefined,
  directory: Pick<TrackDirectory, 'statusOf'>,
): SubscribedTrackResult {
  const asked = { remoteSessionId, remoteTrackId, customTrackName };
  if (located.type === 'failed') return { ...asked, errorCode: located.code, errorDescription: located.description };
  const { source } = located.wish;
  const track = {
    remoteSessionId,
    remoteTrackId: remoteTrackId ?? source.remoteTrackId,
    customTrackName: customTrackName ?? source.customTrackName,
  };
  switch (outcome?.type) {
    case undefined:
      return { ...track, errorCode: 'internal_error', errorDescription: 'the track was not placed' };
    case 'failed':
      return { ...track, errorCode: outcome.code, errorDescription: outcome.description };
    case 'needs_offer':
      return { ...track, trackKind: source.kind, status: 'needs_renegotiation' };
    case 'placed':
    case 'already_subscribed': {
      const status = directory.statusOf(source.sourceTrackId) ?? 'pending';
      const placed = { ...track, mid: outcome.mid, trackKind: source.kind, status };
      return outcome.type === 'placed' ? placed : { ...placed, alreadySubscribed: true };
    }
  }
}

/**
 * Checks the rights of the receiver. A forbidden track fails as `forbidden`; one of a session that it may not see, as
 * if it did not exist.
 */
export async function locateTrack(receiver: Receiver, remote: RemoteTrack, parts: LocatingParts): Promise<LocatedTrack> {
  const { appId, sessionId, caller } = receiver;
  if (caller === undefined) return findTrack(appId, remote, parts);
  if (!allowsAction(caller, 'subscribe')) return failed('forbidden', 'the rights of the caller do not include "subscribe"');
  const isOwn = remote.remoteSessionId === sessionId;
  // For a token of one session, `subs` lists the sessions whose tracks it may subscribe to.
  if (!isOwn && !maySee({ ...caller, sid: undefined }, remote.remoteSessionId, undefined)) return explainMissing(appId, remote, false);
  const located = await findTrack(appId, remote, parts);
  const isAllowed = located.type === 'failed' || caller.kinds?.includes(located.source.kind) !== false;
  return isAllowed ? located : failed('forbidden', `the caller may not subscribe to ${located.source.kind}`);
}

async function findTrack(appId: AppId, remote: RemoteTrack, parts: LocatingParts): Promise<LocatedTrack> {
  const { directory, remoteTracks } = parts;
  const owner = remoteTracks?.ownerOf(remote.remoteSessionId);
  const record = directory.locate(appId, referenceOf(remote));
  // What this node owns, or what the owner reports to it, it knows even without a registry.
  const isOwn = remoteTracks === undefined || owner === undefined;
  if (record !== undefined && (isOwn || remoteTracks.isKnownFirstHand(record.publicationId))) return located(record, remote);
  if (!isOwn) return locateElsewhere(appId, remote, owner, remoteTracks, parts);
  const { registry } = parts;
  const elsewhere = await registry.locateTrack(appId, referenceOf(remote));
  if (elsewhere !== undefined) return unreachable(elsewhere.sessionId);
  return explainMissing(appId, remote, (await registry.findSession(appId, remote.remoteSessionId)) !== undefined);
}

/**
 * Uses the registry's record for an immediate offer, while the relay is being set up. If the registry does not know the
 * track, the owner is asked.
 */
async function locateElsewhere(
  appId: AppId,
  remote: RemoteTrack,
  owner: number,
  remoteTracks: RemoteTracks,
  { registry }: LocatingParts,
): Promise<LocatedTrack> {
  const reference = referenceOf(remote);
  const known = await registry.locateTrack(appId, reference).catch(() => undefined);
  const answer = known === undefined ? await remoteTracks.ask(appId, reference) : undefined;
  const record = known ?? answer?.track;
  if (record !== undefined) {
    if (!remoteTracks.canReach(owner)) return unreachable(remote.remoteSessionId);
    return remoteTracks.admit(record) ? located(record, remote) : explainMissing(appId, remote, true);
  }
  if (answer !== undefined) return explainMissing(appId, remote, answer.hasSession);
  const session = await registry.findSession(appId, remote.remoteSessionId).catch(() => 'unknown' as const);
  return session === 'unknown' ? unreachable(remote.remoteSessionId) : explainMissing(appId, remote, session !== undefined);
}

function located(record: TrackRecord, { remoteTrackId }: RemoteTrack): LocatedTrack {
  return { type: 'located', source: trackSourceOf(record, remoteTrackId) };
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

/** The track exists or may exist, but this node cannot receive it. */
function unreachable(sessionId: string): LocateFailure {
  const parsed = parseSessionId(sessionId);
  const node = parsed === undefined ? 'another node' : `node ${nodeNoOf(parsed)}`;
  return failed('relay_unavailable', `session ${sessionId} lives on ${node}, which this node has no link to`);
}

function failed(code: ErrorCode, description: string): LocateFailure {
  return { type: 'failed', code, description };
}
