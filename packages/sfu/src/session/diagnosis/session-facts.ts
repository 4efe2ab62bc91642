/** The facts for a diagnosis of a session, from the negotiation, the engine and its publishers. */
import type { ConnectionState, SubscriberTrackSnapshot, TransportSnapshot } from '@causeway/media';
import type { SubscriptionSummary } from '@causeway/protocol';
import { publications, type RtpSection, type Subscription, subscriptions } from '../../negotiation/index.ts';
import type { QuotaState } from '../../overload/app-shares.ts';
import { findTrack, type TrackRecord } from '../../registry/registry.ts';
import type { Session } from '../session.ts';

export interface PublicationFacts {
  readonly mid: string;
  readonly trackId: string;
  readonly kind: RtpSection['kind'];
  /** Undefined while the engine does not have it. */
  readonly seen: TransportSnapshot['publisherTracks'][number] | undefined;
}

export interface PublisherFacts {
  readonly connectionState: ConnectionState;
  readonly isOnThisNode: boolean;
  /** The tracks that the registry lists for it. */
  readonly tracks: readonly TrackRecord[];
}

export interface SubscriptionFacts {
  readonly mid: string;
  readonly kind: RtpSection['kind'];
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
  readonly isPaused: boolean;
  /** The publisher's session; undefined if it has ended. */
  readonly publisher: PublisherFacts | undefined;
  /** Whether the publisher's session still publishes the track. */
  readonly isPublished: boolean;
  /** Undefined while the engine does not have it. */
  readonly seen: SubscriberTrackSnapshot | undefined;
}

export interface SessionFacts {
  /** Whether it belongs to this process and has no client. */
  readonly isHosted: boolean;
  /** What the quota of its app allows. */
  readonly quota: QuotaState;
  /** How long an offer of the SFU has been waiting for its answer; undefined if none is open. */
  readonly offerWaitsMs: number | undefined;
  /** Undefined until the client has sent a description. */
  readonly transport: TransportSnapshot | undefined;
  readonly publications: readonly PublicationFacts[];
  readonly subscriptions: readonly SubscriptionFacts[];
  /** Subscriptions that the SFU ended by itself. */
  readonly failed: readonly SubscriptionSummary[];
}

/** Finds a session of this node. For other sessions the registry is asked, which may be some seconds behind. */
export type SessionHere = (sessionId: string) => Session | undefined;

/** Asks the engine about one session, and the registry about the sessions that publish to it. */
export async function gatherFacts(session: Session, sessionHere: SessionHere, quota: QuotaState): Promise<SessionFacts> {
  const { transportId, negotiation, parts } = session;
  // If the thread has just been lost and does not answer, the session is about to end.
  const transport = transportId && (await parts.shard.ask('transport', transportId).catch(() => undefined));
  const live = subscriptions(negotiation);
  const publishers = await publishersOf(session, new Set(live.map(({ subscription }) => subscription.remoteSessionId)), sessionHere);
  return {
    isHosted: session.isHosted,
    quota,
    offerWaitsMs: session.offerWaitsMs,
    transport: transport || undefined,
    publications: publications(negotiation).map(({ section, publication }) => ({
      mid: section.mid,
      trackId: publication.trackId,
      kind: section.kind,
      seen: transport ? transport.publisherTracks.find(({ trackId }) => trackId === publication.id) : undefined,
    })),
    subscriptions: live.map(({ section, subscription }) => ({
      ...wishOf(section, subscription),
      ...publisherOf(subscription, publishers),
      seen: transport ? transport.subscriberTracks.find(({ subscriptionId }) => subscriptionId === subscription.id) : undefined,
    })),
    failed: session.reports.ended.list(new Set(live.map(({ section }) => section.mid))),
  };
}

function wishOf({ mid, kind }: RtpSection, { remoteSessionId, remoteTrackId, isPaused }: Subscription) {
  return { mid, kind, remoteSessionId, remoteTrackId, isPaused };
}

function publisherOf({ remoteSessionId, remoteTrackId }: Subscription, publishers: ReadonlyMap<string, PublisherFacts>) {
  const publisher = publishers.get(remoteSessionId);
  const track = findTrack(publisher?.tracks ?? [], { by: 'id', sessionId: remoteSessionId, trackId: remoteTrackId });
  return { publisher, isPublished: track !== undefined };
}

async function publishersOf(
  { appId, parts }: Session,
  sessionIds: ReadonlySet<string>,
  sessionHere: SessionHere,
): Promise<ReadonlyMap<string, PublisherFacts>> {
  const publishers = new Map<string, PublisherFacts>();
  await Promise.all(
    Array.from(sessionIds, async (sessionId) => {
      const here = sessionHere(sessionId);
      const { connectionState } = here?.record() ?? (await parts.registry.findSession(appId, sessionId)) ?? { connectionState: 'closed' };
      if (connectionState === 'closed') return;
      const tracks = await parts.registry.listTracks(appId, sessionId);
      publishers.set(sessionId, { connectionState, isOnThisNode: here !== undefined, tracks });
    }),
  );
  return publishers;
}
