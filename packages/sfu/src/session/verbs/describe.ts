/** Calls that list sessions and their tracks. */
import {
  AppId,
  type ListSessionsReply,
  type ListSessionsRequest,
  type ListTracksReply,
  type SessionDetails,
  SessionId,
  type SessionSummary,
  SfuError,
  type SubscriptionSummary,
  type TokenGrants,
  TrackId,
  TrackName,
  type TrackSummary,
} from '@causeway/protocol';
import { subscriptions } from '../../negotiation/index.ts';
import type { Registry, SessionRecord, TrackRecord } from '../../registry/index.ts';
import { publishedTracks } from '../announcer.ts';
import type { Session } from '../session.ts';
import { checkGroup, maySee } from '../session-access.ts';
import type { SessionStore } from '../session-store.ts';

const STATUS_ORDER: Readonly<Record<TrackRecord['status'], number>> = { active: 0, inactive: 1, pending: 2 };

/** Sources of the lists: the sessions of this node, and the registry for the others. */
export interface Listed {
  readonly registry: Registry;
  readonly store: SessionStore;
}

/** Lists the sessions of all nodes that the caller may see. */
export async function listSessions(
  { registry, store }: Listed,
  appId: AppId,
  { limit, cursor, group, metadataPrefix = '' }: ListSessionsRequest = {},
  caller: TokenGrants | undefined,
): Promise<ListSessionsReply> {
  checkGroup(caller, group);
  const onlyGroup = group ?? caller?.group;
  const page = await registry.listSessions(appId, { limit, cursor: checkCursor(cursor) });
  const visible = page.sessions.filter(({ sessionId }) => maySee(caller, sessionId, store.ownerOf(appId, sessionId)));
  const wanted = visible.filter((record) => onlyGroup === undefined || record.group === onlyGroup);
  const sessions = wanted.filter(({ metadata }) => metadata.startsWith(metadataPrefix)).map(sessionSummary);
  return {
    sessions,
    ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
    ...(page.isPartial === true && { isPartial: true }),
  };
}

/** Lists the tracks of a session on any node. */
export async function listTracks(
  { registry, store }: Listed,
  appId: string,
  sessionId: string,
  caller: TokenGrants | undefined,
): Promise<ListTracksReply> {
  if (!maySee(caller, sessionId, store.ownerOf(appId, sessionId))) throw store.notFound(appId, sessionId);
  const session = store.find(appId, sessionId);
  if (session !== undefined) return tracksOf(session);
  const isElsewhere = store.endOf(appId, sessionId) === undefined && (await registry.findSession(appId, sessionId)) !== undefined;
  if (!isElsewhere) store.require(appId, sessionId);
  return trackList(await registry.listTracks(appId, sessionId));
}

export function sessionSummary({ appId, sessionId, metadata, group, connectionState }: SessionRecord): SessionSummary {
  return {
    connectionState,
    metadata,
    ...(group !== undefined && { group }),
    sessionId: SessionId.parse(sessionId),
    sfuAppId: AppId.parse(appId),
  };
}

/** Lists active, then silent, then pending tracks, each in the order of their m-sections, without hidden ones. */
function trackList(records: Iterable<TrackRecord>): ListTracksReply {
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

function tracksOf(session: Session): ListTracksReply {
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

/** Cursors are numbers in every registry. */
function checkCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined || /^\d{1,15}$/.test(cursor)) return cursor;
  throw new SfuError('invalid_params', 'cursor is not one that a listing returned', { details: { path: 'cursor' } });
}
