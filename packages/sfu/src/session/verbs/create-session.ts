import {
  type AppId,
  allFailedError,
  type CreateSessionReply,
  type CreateSessionRequest,
  type PublishedTrackResult,
  type SessionId,
  type TokenGrants,
} from '@causeway/protocol';
import { invariant } from '../../invariant.ts';
import {
  type AnsweredOffer,
  answerOfferInPieces,
  createNegotiation,
  type LocalEndpoint,
  publications,
  subscriptions,
  trackCount,
} from '../../negotiation/index.ts';
import type { SessionPlace } from '../../overload/app-shares.ts';
import { locateWish, subscribedResult } from '../locate-tracks.ts';
import { Session } from '../session.ts';
import { checkGroup, checkMetadata, checkOwnTracks, mayOpenData, publishRuleOf } from '../session-access.ts';
import type { SessionParts } from '../session-parts.ts';
import { inTurns, readSdp, writeDescription } from '../session-work.ts';
import { publishResult, publishWishes } from './publish.ts';

export interface NewSession {
  readonly appId: AppId;
  readonly id: SessionId;
  readonly shardNo: number;
  readonly local: LocalEndpoint;
  readonly request: CreateSessionRequest;
  readonly autoPublish: boolean;
  /** Undefined if it may do everything. */
  readonly caller: TokenGrants | undefined;
  readonly place: SessionPlace;
  readonly onClosed: (session: Session) => void;
  /** The session is about to be announced, so calls may find it from now on. */
  readonly onOpened: (session: Session) => void;
}

/** `POST /session/new`. Nothing is created before the offer has been validated. */
export async function createSession(wanted: NewSession, parts: SessionParts): Promise<CreateSessionReply> {
  const { appId, request, autoPublish, caller, place } = wanted;
  checkMetadata(caller, request.metadata);
  checkGroup(caller, request.group);
  // The offer is read before other nodes are asked about its tracks, so that an invalid offer costs them nothing.
  const offer = await readSdp(appId, request.sessionDescription.sdp, parts);
  const asked = request.subscribe ?? [];
  if (asked.length > 0) place.checkEgress();
  const receiver = { appId, sessionId: wanted.id, caller };
  const located = await Promise.all(asked.map((item) => locateWish(receiver, item, parts)));
  const wishes = located.flatMap((each) => (each.type === 'wish' ? [each.wish] : []));
  const negotiation = createNegotiation(wanted.id, wanted.shardNo, wanted.local, parts.random);
  const named = request.tracks ?? [];
  const policy = {
    publish: publishWishes(named),
    autoPublish: autoPublish ? 'new' : 'none',
    subscribe: wishes,
    maxSections: parts.limits.maxSections,
    mayPublish: publishRuleOf(caller),
    mayOpenData: mayOpenData(caller),
  } as const;
  const { descriptionTurns } = parts;
  const answering = answerOfferInPieces(negotiation, offer, policy, parts.random);
  const answered = await inTurns(appId, offer.sections.length, answering, descriptionTurns);
  const namedResults = named.map((item, index) => publishResult(item, answered.published[index], answered));
  const failure = allFailedError(namedResults);
  const published = new Set(namedResults.filter(({ errorCode }) => errorCode === undefined).map(({ mid }) => mid));
  if (failure !== undefined) throw failure;
  checkOwnTracks(caller?.max?.tracks, trackCount(answered.state), 0);
  place.checkTracks(trackCount(answered.state));
  const metadata = request.metadata ?? caller?.meta ?? '';
  const group = request.group ?? caller?.group;
  const { connectAtOnce: connectsAtOnce } = request;
  const options = { appId, negotiation, metadata, group, autoPublish, place, connectsAtOnce, creator: caller };
  const session = new Session(options, parts, wanted.onClosed);
  const prepared = await session.planMedia(answered.state);
  wanted.onOpened(session);
  const announced = session.open(answered.state, prepared);
  for (const live of subscriptions(session.negotiation)) session.reports.started(live);
  await announced;
  const outcomes = [...answered.subscribed];
  const subscribed = asked.map((item, index) => {
    const each = located[index];
    invariant(each !== undefined, 'every item has been looked up');
    return subscribedResult(item, each, each.type === 'wish' ? outcomes.shift() : undefined, parts.directory);
  });
  return {
    sessionDescription: { type: 'answer', sdp: await writeDescription(appId, answered.answer, parts) },
    sessionId: wanted.id,
    tracks: [...namedResults, ...publishedTracks(answered).filter(({ mid }) => !published.has(mid))],
    ...(request.subscribe !== undefined && { subscriptions: subscribed }),
  };
}

function publishedTracks({ state }: AnsweredOffer): PublishedTrackResult[] {
  return publications(state).map(({ section, publication }) => ({
    trackId: publication.trackId,
    mid: section.mid,
    customTrackName: publication.customTrackName,
    trackKind: section.kind,
    status: publication.status,
  }));
}
