/** How a session's subscriptions follow their publications, which belong to other sessions. */
import type { TrackCloseReason } from '../events.ts';
import {
  editSubscription,
  type Negotiation,
  parkSubscription,
  subscriptions,
  switchSource,
  type TrackSource,
} from '../negotiation/index.ts';
import type { Session } from './session.ts';
import { type Interest, nameKey } from './track-directory.ts';

/** What the session has to hear of. */
export function interestOf(state: Negotiation): Interest {
  const sourceTrackIds = new Set<string>();
  const names = new Set<string>();
  for (const { subscription } of subscriptions(state)) {
    const { sourceTrackId, followedName, remoteSessionId } = subscription;
    if (sourceTrackId !== undefined) sourceTrackIds.add(sourceTrackId);
    if (followedName !== undefined) names.add(nameKey(remoteSessionId, followedName));
  }
  return { sourceTrackIds, names };
}

/** A subscription by name waits for the name's next publication; one by id is over. */
export function handleSourceClosed(session: Session, sourceTrackId: string, reason: TrackCloseReason): void {
  for (const live of subscriptions(session.negotiation)) {
    const { id, followedName } = live.subscription;
    if (live.subscription.sourceTrackId !== sourceTrackId) continue;
    const waits = followedName !== undefined && reason !== 'session_closed';
    session.commit(
      waits
        ? editSubscription(session.negotiation, id, (subscription) => ({ ...subscription, sourceTrackId: undefined }))
        : parkSubscription(session.negotiation, id, 'ended'),
    );
    session.reports.stopped(live, reason);
  }
}

/** A name that is followed belongs to this publication from now on. */
export function handleNameTaken(session: Session, source: TrackSource): void {
  for (const live of subscriptions(session.negotiation)) {
    const { id, followedName, remoteSessionId, sourceTrackId } = live.subscription;
    const follows = followedName === source.customTrackName && remoteSessionId === source.remoteSessionId;
    if (!follows || sourceTrackId === source.sourceTrackId) continue;
    const switched = switchSource(session.negotiation, live, source, followedName);
    session.commit(switched ?? parkSubscription(session.negotiation, id, 'ended'));
    if (switched !== undefined) continue;
    session.reports.failed(
      live,
      'codec_mismatch',
      `the track now named ${followedName} needs a codec that mid ${live.section.mid} has not`,
    );
  }
}
