/** `GET /session/:session_id/diagnose`: explains why no media arrives (docs/api.md §5). */
import type { TransportSnapshot } from '@causeway/media';
import {
  AppId,
  type DiagnosedPublication,
  type DiagnosedSubscription,
  type DiagnosedTransport,
  type DiagnoseReply,
  SessionId,
  TrackId,
} from '@causeway/protocol';
import type { SessionCloseReason } from '../../events.ts';
import type { QuotaState } from '../../overload/app-shares.ts';
import type { Session } from '../session.ts';
import { closedFinding, findingsOf } from './findings.ts';
import { gatherFacts, type PublicationFacts, type SessionHere, type SubscriptionFacts } from './session-facts.ts';

/** Only the reason is known of a session that has ended. */
export function diagnoseClosed(appId: string, sessionId: string, reason: SessionCloseReason): DiagnoseReply {
  return {
    sessionId: SessionId.parse(sessionId),
    sfuAppId: AppId.parse(appId),
    connectionState: 'closed',
    findings: [closedFinding(reason)],
    publications: [],
    subscriptions: [],
  };
}

export async function diagnose(session: Session, sessionHere: SessionHere, quota: QuotaState): Promise<DiagnoseReply> {
  const facts = await gatherFacts(session, sessionHere, quota);
  const { life } = session;
  // The session may have ended while the engine was being asked.
  if (life.type === 'closed') return diagnoseClosed(session.appId, session.id, life.reason);
  return {
    sessionId: session.id,
    sfuAppId: session.appId,
    connectionState: life.connectionState,
    findings: [...findingsOf(facts)],
    ...(facts.transport && { transport: describeTransport(facts.transport) }),
    publications: facts.publications.map(describePublication),
    subscriptions: facts.subscriptions.map(describeSubscription),
  };
}

function describeTransport({ openMs, silentMs, rttMs, estimate }: TransportSnapshot): DiagnosedTransport {
  return {
    openMs: Math.round(openMs),
    silentMs: Math.round(silentMs),
    rttMs: Math.round(rttMs),
    ...(estimate && { estimatedBps: Math.round(estimate.targetBps) }),
  };
}

function describePublication({ mid, trackId, kind, seen }: PublicationFacts): DiagnosedPublication {
  return {
    mid,
    trackId: TrackId.parse(trackId),
    trackKind: kind,
    ...(seen?.silentMs !== undefined && { silentMs: Math.round(seen.silentMs) }),
    layers: (seen?.layers ?? []).map(({ rid, bitrateBps, isArriving }) => ({ rid, bitrateBps: Math.round(bitrateBps), isArriving })),
    subscribers: seen?.subscribers ?? 0,
  };
}

function describeSubscription({ mid, kind, remoteSessionId, remoteTrackId, seen }: SubscriptionFacts): DiagnosedSubscription {
  return {
    mid,
    trackKind: kind,
    remoteSessionId,
    remoteTrackId,
    ...(seen?.rid !== undefined && { rid: seen.rid }),
    packetsSent: seen?.packetsSent ?? 0,
    ...(seen?.packetsLost !== undefined && { packetsLost: seen.packetsLost }),
  };
}
