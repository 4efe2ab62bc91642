import {
  allFailedError,
  type SubscribedTrackResult,
  type UpdateTrackItem,
  type UpdateTracksReply,
  type UpdateTracksRequest,
} from '@causeway/protocol';
import { editSubscription, type LiveSubscription, subscriptions, switchSource, type TrackSource } from '../../negotiation/index.ts';
import { chooseLayer } from '../layer-choice.ts';
import { type LocatedTrack, locateTrack } from '../locate-tracks.ts';
import type { Session } from '../session.ts';

/** `PUT /track/update`: another source, another layer, or a pause, on an m-section that carries a track; never any SDP. */
export function updateTracks(session: Session, request: UpdateTracksRequest): Promise<UpdateTracksReply> {
  return session.run(async () => {
    const located = await Promise.all(request.tracks.map((item) => locateNewSource(session, item)));
    const tracks = request.tracks.map((item, index) => updateOne(session, item, located[index]));
    const failure = allFailedError(tracks);
    if (failure !== undefined) throw failure;
    return { immediateRenegotiationRequired: false, sessionId: session.id, tracks };
  });
}

async function locateNewSource(session: Session, item: UpdateTrackItem): Promise<LocatedTrack | undefined> {
  const { remoteSessionId, remoteTrackId, customTrackName } = item;
  if (remoteSessionId === undefined) return undefined;
  return locateTrack(session.appId, { remoteSessionId, remoteTrackId, customTrackName }, session.parts);
}

function updateOne(session: Session, item: UpdateTrackItem, located: LocatedTrack | undefined): SubscribedTrackResult {
  const live = subscriptions(session.negotiation).find(({ section }) => section.mid === item.mid);
  if (live === undefined) return failed(item, 'track_not_found', `session ${session.id} receives nothing on mid ${item.mid}`);
  if (located?.type === 'failed') return failed(named(item, live), located.code, located.description);
  const rids = located?.source.rids ?? live.subscription.sourceRids;
  const layer = chooseLayer(item, rids);
  if (layer.type === 'rid_not_available')
    return failed(named(item, live), 'rid_not_available', `the track has the layers [${rids.join(', ')}], not ${layer.rid}`);
  if (located !== undefined && !switchTo(session, live, located.source, item.customTrackName)) {
    return failed(
      named(item, live),
      'codec_mismatch',
      `the ${located.source.kind} track does not fit what is negotiated on mid ${item.mid}`,
    );
  }
  const asksForLayer = item.simulcast !== undefined || item.quality !== undefined;
  session.commit(
    editSubscription(session.negotiation, live.subscription.id, (subscription) => ({
      ...subscription,
      isPaused: item.paused ?? subscription.isPaused,
      preferredRid: asksForLayer || located !== undefined ? layer.preferredRid : subscription.preferredRid,
    })),
  );
  return updatedResult(session, item.mid);
}

function switchTo(session: Session, live: LiveSubscription, source: TrackSource, followedName: string | undefined): boolean {
  if (!session.parts.directory.isOpen(source.sourceTrackId)) return false;
  const switched = switchSource(session.negotiation, live, source, followedName);
  if (switched === undefined) return false;
  session.commit(switched);
  return true;
}

function updatedResult(session: Session, mid: string): SubscribedTrackResult {
  const live = subscriptions(session.negotiation).find(({ section }) => section.mid === mid);
  const { remoteSessionId, remoteTrackId, followedName, sourceTrackId } = live?.subscription ?? {};
  const status = session.parts.directory.statusOf(sourceTrackId ?? '');
  return { remoteSessionId, remoteTrackId, customTrackName: followedName, mid, trackKind: live?.section.kind, status };
}

/** The item as asked for; one that only changes how a track is received names that track. */
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
