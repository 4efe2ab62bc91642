/** How a session's subscriptions follow publications of other sessions. */
import type { TrackCloseReason } from '../events.ts';
import {
  editRtpSections,
  type LiveSubscription,
  type Negotiation,
  parked,
  parkSubscription,
  type Subscription,
  subscriptions,
  subscriptionsOn,
  switchSource,
  type TrackSource,
} from '../negotiation/index.ts';
import type { SubscriptionReports } from './subscription-reports.ts';

/** The session that subscribes. */
export interface FollowingSession {
  readonly negotiation: Negotiation;
  readonly reports: SubscriptionReports;
  commit(next: Negotiation): void;
}

/** Subscriptions by name wait for the name's next publication; those by id end. */
export function handleSourcesClosed(session: FollowingSession, sourceTrackIds: ReadonlySet<string>, reason: TrackCloseReason): void {
  const isClosed = ({ sourceTrackId }: Subscription) => sourceTrackId !== undefined && sourceTrackIds.has(sourceTrackId);
  const closed = subscriptions(session.negotiation).filter(({ subscription }) => isClosed(subscription));
  if (closed.length === 0) return;
  session.commit(
    editRtpSections(session.negotiation, (section) => {
      if (section.sending.type !== 'live' || !isClosed(section.sending.subscription)) return section;
      const { subscription } = section.sending;
      const waits = subscription.followedName !== undefined && reason !== 'session_closed';
      if (!waits) return { ...section, sending: parked(subscription, 'ended') };
      return { ...section, sending: { type: 'live', subscription: { ...subscription, sourceTrackId: undefined } } };
    }),
  );
  for (const live of closed) session.reports.stopped(live, reason);
}

/** A followed name now belongs to this publication. */
export function handleNameTaken(session: FollowingSession, source: TrackSource): void {
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
  for (const live of subscriptionsOn(session.negotiation.sections)) {
    const isRewired = following.some(({ subscription }) => subscription.id === live.subscription.id);
    if (isRewired) session.reports.started(live);
  }
  for (const live of misfits) {
    const { followedName } = live.subscription;
    session.reports.failed(
      live,
      'codec_mismatch',
      `the track now named ${followedName} needs a codec that mid ${live.section.mid} was not negotiated for`,
    );
  }
}

function isToFollow({ followedName, remoteSessionId, sourceTrackId }: Subscription, source: TrackSource): boolean {
  const follows = followedName === source.customTrackName && remoteSessionId === source.remoteSessionId;
  return follows && sourceTrackId !== source.sourceTrackId;
}
