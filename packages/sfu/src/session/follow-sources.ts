/** How a session's subscriptions follow their publications, which belong to other sessions. */
import type { TrackCloseReason } from '../events.ts';
import {
  editSubscription,
  type LiveSubscription,
  type Negotiation,
  parkSubscription,
  type Subscription,
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
  const closed = subscriptions(session.negotiation).filter(({ subscription }) => subscription.sourceTrackId === sourceTrackId);
  if (closed.length === 0) return;
  session.commit(
    closed.reduce((state, { subscription: { id, followedName } }) => {
      const waits = followedName !== undefined && reason !== 'session_closed';
      return waits
        ? editSubscription(state, id, (subscription) => ({ ...subscription, sourceTrackId: undefined }))
        : parkSubscription(state, id, 'ended');
    }, session.negotiation),
  );
  for (const live of closed) session.reports.stopped(live, reason);
}

/** A name that is followed belongs to this publication from now on. */
export function handleNameTaken(session: Session, source: TrackSource): void {
  const following = subscriptions(session.negotiation).filter(({ subscription }) => isToFollow(subscription, source));
  if (following.length === 0) return;
  let state = session.negotiation;
  const misfits: LiveSubscription[] = [];
  for (const live of following) {
    const switched = switchSource(state, live, source, live.subscription.followedName);
    if (switched === undefined) misfits.push(live);
    state = switched ?? parkSubscription(state, live.subscription.id, 'ended');
  }
  session.commit(state);
  for (const live of misfits) {
    const { followedName } = live.subscription;
    session.reports.failed(
      live,
      'codec_mismatch',
      `the track now named ${followedName} needs a codec that mid ${live.section.mid} has not`,
    );
  }
}

function isToFollow({ followedName, remoteSessionId, sourceTrackId }: Subscription, source: TrackSource): boolean {
  const follows = followedName === source.customTrackName && remoteSessionId === source.remoteSessionId;
  return follows && sourceTrackId !== source.sourceTrackId;
}
