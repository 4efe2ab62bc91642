import type { SubscribedTrackResult, SubscribeItem } from '@causeway/protocol';
import type { WishOutcome } from '../negotiation/index.ts';
import type { LocatedWish } from './locate-tracks.ts';
import type { TrackDirectory } from './track-directory.ts';

/** How the item of a reply reads. */
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
