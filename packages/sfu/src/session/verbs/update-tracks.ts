import {
  allFailedError,
  type SubscribedTrackResult,
  type TokenGrants,
  type UpdateTrackItem,
  type UpdateTracksReply,
  type UpdateTracksRequest,
} from '@causeway/protocol';
import {
  chooseLayer,
  editSubscription,
  type LiveSubscription,
  type Negotiation,
  subscriptions,
  switchSource,
  type TrackSource,
  updatedWish,
} from '../../negotiation/index.ts';
import { type LocatedTrack, locateTrack } from '../locate-tracks.ts';
import type { Session } from '../session.ts';

/** `PUT /track/update`: changes the source or the layer, or pauses, on an m-section that carries a track. No SDP is needed. */
export function updateTracks(session: Session, request: UpdateTracksRequest, caller: TokenGrants | undefined): Promise<UpdateTracksReply> {
  return session.run(async () => {
    const located = await Promise.all(request.tracks.map((item) => locateNewSource(session, item, caller)));
    let state = session.negotiation;
    const tracks: SubscribedTrackResult[] = [];
    for (const [index, item] of request.tracks.entries()) {
      const step = updateOne(session, state, item, located[index]);
      state = step.state;
      tracks.push(step.result);
    }
    const failure = allFailedError(tracks);
    if (failure !== undefined) throw failure;
    session.commit(state);
    return { immediateRenegotiationRequired: false, sessionId: session.id, tracks };
  });
}

async function locateNewSource(
  session: Session,
  item: UpdateTrackItem,
  caller: TokenGrants | undefined,
): Promise<LocatedTrack | undefined> {
  const { remoteSessionId, remoteTrackId, customTrackName } = item;
  if (remoteSessionId === undefined) return undefined;
  const receiver = { appId: session.appId, sessionId: session.id, caller };
  return locateTrack(receiver, { remoteSessionId, remoteTrackId, customTrackName }, session.parts);
}

interface UpdateStep {
  readonly state: Negotiation;
  readonly result: SubscribedTrackResult;
}

function updateOne(session: Session, state: Negotiation, item: UpdateTrackItem, located: LocatedTrack | undefined): UpdateStep {
  const live = liveOn(state, item.mid);
  if (live === undefined) {
    return { state, result: failed(item, 'track_not_found', `session ${session.id} receives nothing on mid ${item.mid}`) };
  }
  if (located?.type === 'failed') return { state, result: failed(named(item, live), located.code, located.description) };
  const rids = located?.source.rids ?? live.subscription.sourceRids;
  const wish = updatedWish(live.subscription.layers, item);
  const layer = chooseLayer(wish, rids);
  if (layer.type === 'rid_not_available') {
    const description = `the track has the layers [${rids.join(', ')}], not ${layer.rid}`;
    return { state, result: failed(named(item, live), 'rid_not_available', description) };
  }
  const switched = located === undefined ? state : switchTo(session, state, live, located.source, item.customTrackName);
  if (switched === undefined) {
    const description = `the ${located?.source.kind} track does not fit what was negotiated for mid ${item.mid}`;
    return { state, result: failed(named(item, live), 'codec_mismatch', description) };
  }
  const updated = editSubscription(switched, live.subscription.id, (subscription) => ({
    ...subscription,
    isPaused: item.paused ?? subscription.isPaused,
    layers: wish,
  }));
  return { state: updated, result: updatedResult(session, updated, item.mid) };
}

/** @returns undefined if the source has ended or does not fit */
function switchTo(
  session: Session,
  state: Negotiation,
  live: LiveSubscription,
  source: TrackSource,
  followedName: string | undefined,
): Negotiation | undefined {
  if (!session.parts.directory.isOpen(source.sourceTrackId)) return undefined;
  return switchSource(state, live, source, followedName);
}

function updatedResult(session: Session, state: Negotiation, mid: string): SubscribedTrackResult {
  const live = liveOn(state, mid);
  const { remoteSessionId, remoteTrackId, followedName, sourceTrackId } = live?.subscription ?? {};
  const status = session.parts.directory.statusOf(sourceTrackId ?? '');
  return { remoteSessionId, remoteTrackId, customTrackName: followedName, mid, trackKind: live?.section.kind, status };
}

function liveOn(state: Negotiation, mid: string): LiveSubscription | undefined {
  return subscriptions(state).find(({ section }) => section.mid === mid);
}

/** Completes an item that only changes how a track is received with the names of that track. */
function named(item: UpdateTrackItem, { subscription }: LiveSubscription): UpdateTrackItem {
  if (item.remoteSessionId !== undefined) return item;
  const { remoteSessionId, remoteTrackId, followedName } = subscription;
  return { ...item, remoteSessionId, remoteTrackId, customTrackName: followedName };
}

function failed(
  item: UpdateTrackItem,
  errorCode: NonNullable<SubscribedTrackResult['errorCode']>,
  errorDescription: string,
): SubscribedTrackResult {
  const { remoteSessionId, remoteTrackId, customTrackName, mid } = item;
  return { remoteSessionId, remoteTrackId, customTrackName, mid, errorCode, errorDescription };
}
