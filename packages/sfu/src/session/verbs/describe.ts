/** What the API shows of a session. */
import {
  AppId,
  type ListTracksReply,
  type SessionDetails,
  SessionId,
  type SessionSummary,
  type SubscriptionSummary,
  TrackId,
  TrackName,
  type TrackSummary,
} from '@causeway/protocol';
import { subscriptions } from '../../negotiation/index.ts';
import type { SessionRecord, TrackRecord } from '../../registry/index.ts';
import { publishedTracks } from '../announcer.ts';
import type { Session } from '../session.ts';

const STATUS_ORDER: Readonly<Record<TrackRecord['status'], number>> = { active: 0, inactive: 1, pending: 2 };

export function sessionSummary({ appId, sessionId, metadata, group, connectionState }: SessionRecord): SessionSummary {
  return {
    connectionState,
    metadata,
    ...(group !== undefined && { group }),
    sessionId: SessionId.parse(sessionId),
    sfuAppId: AppId.parse(appId),
  };
}

/** Active tracks first, then silent, then pending ones, each in the order of their m-sections; hidden ones are left out. */
export function trackList(records: Iterable<TrackRecord>): ListTracksReply {
  return [...records]
    .filter(({ isHidden }) => !isHidden)
    .sort((one, other) => STATUS_ORDER[one.status] - STATUS_ORDER[other.status])
    .map(trackSummary);
}

export function trackSummary(record: TrackRecord): TrackSummary {
  return {
    sessionId: SessionId.parse(record.sessionId),
    sfuAppId: AppId.parse(record.appId),
    trackId: TrackId.parse(record.trackId),
    customTrackName: TrackName.parse(record.customTrackName),
    mid: record.mid,
    trackKind: record.kind,
    status: record.status,
    ...(record.isMuted === true && { muted: true }),
    rids: [...record.rids],
    codec: record.codecs[0]?.name ?? '',
  };
}

export function tracksOf(session: Session): ListTracksReply {
  return trackList(publishedTracks(session.appId, session.negotiation).map(({ record }) => record));
}

export function sessionDetails(session: Session): SessionDetails {
  return {
    ...sessionSummary(session.record()),
    createdAt: new Date(session.createdAtMs).toISOString(),
    tracks: tracksOf(session),
    subscriptions: subscriptionList(session),
  };
}

function subscriptionList(session: Session): SubscriptionSummary[] {
  const live = subscriptions(session.negotiation).map(({ section, subscription }) => ({
    mid: section.mid,
    trackKind: section.kind,
    remoteSessionId: subscription.remoteSessionId,
    remoteTrackId: subscription.remoteTrackId,
    customTrackName: subscription.followedName ?? '',
    status: session.parts.directory.statusOf(subscription.sourceTrackId ?? ''),
    paused: subscription.isPaused,
  }));
  return [...live, ...session.reports.ended.list(new Set(live.map(({ mid }) => mid)))];
}
