import {
  allFailedError,
  type PublishedTrackResult,
  type PublishItem,
  type PublishReply,
  type PublishRequest,
  type TokenGrants,
  TrackName,
} from '@causeway/protocol';
import { type AnsweredOffer, type OfferPolicy, type PublishOutcome, type PublishWish, publications } from '../../negotiation/index.ts';
import type { Session } from '../session.ts';
import { mayOpenData, publishRuleOf } from '../session-access.ts';
import { type AnsweredClient, commitAnswered, readClientOffer, takeClientOffer } from './answer-client-offer.ts';

/** `POST /track/publish`. If every item fails, the call fails and nothing is applied. */
export function publish(session: Session, request: PublishRequest, caller: TokenGrants | undefined): Promise<PublishReply> {
  return session.run(async () => {
    const offer = await readClientOffer(session, request.sessionDescription.sdp);
    const policy: Omit<OfferPolicy, 'maxSections'> = {
      publish: publishWishes(request.tracks),
      autoPublish: request.autoDiscover === true ? 'all' : 'none',
      subscribe: [],
      mayPublish: publishRuleOf(caller),
      mayOpenData: mayOpenData(caller),
    };
    return takeClientOffer(session, offer, policy, (client) => publishAnswered(session, request, client));
  });
}

async function publishAnswered(session: Session, request: PublishRequest, client: AnsweredClient): Promise<PublishReply> {
  const { answered } = client;
  const tracks = request.tracks.map((item, index) => publishResult(item, answered.published[index], answered));
  const failure = allFailedError(tracks);
  if (failure !== undefined) throw failure;
  const discovered = request.autoDiscover === true ? discoveredTracks(tracks, session, answered) : [];
  const sessionDescription = await commitAnswered(session, client);
  const warnings = warningsOf(request, client);
  return { sessionDescription, sessionId: session.id, tracks: [...tracks, ...discovered], ...(warnings.length > 0 && { warnings }) };
}

/** Returns the wishes of the items of `tracks`. */
export function publishWishes(items: readonly PublishItem[]): readonly PublishWish[] {
  return items.map(({ trackId, mid, customTrackName, replace }) => ({ trackId, mid, customTrackName, replacesName: replace ?? false }));
}

/** Builds the result of one item of `tracks`. */
export function publishResult(item: PublishItem, outcome: PublishOutcome | undefined, { state }: AnsweredOffer): PublishedTrackResult {
  const customTrackName = item.customTrackName ?? TrackName.parse('');
  if (outcome?.type === 'published') {
    const result = trackResults(state).find(({ mid }) => mid === outcome.mid);
    if (result !== undefined) return result;
  }
  const { code, description } =
    outcome?.type === 'failed' ? outcome : { code: 'internal_error' as const, description: 'the track was not published' };
  return { trackId: item.trackId, mid: item.mid, customTrackName, errorCode: code, errorDescription: description };
}

/** Returns the tracks that the offer publishes in addition to the named ones. */
function discoveredTracks(named: readonly PublishedTrackResult[], session: Session, { state }: AnsweredOffer): PublishedTrackResult[] {
  const known = new Set([...named.map(({ mid }) => mid), ...publications(session.negotiation).map(({ section }) => section.mid)]);
  return trackResults(state).filter(({ mid }) => !known.has(mid));
}

function trackResults(state: AnsweredOffer['state']): PublishedTrackResult[] {
  return publications(state).map(({ section, publication }) => ({
    trackId: publication.trackId,
    mid: section.mid,
    customTrackName: publication.customTrackName,
    trackKind: section.kind,
    status: publication.status,
  }));
}

/** Returns warnings about m-sections that the call does not name; the items of the reply cover the others. */
function warningsOf({ tracks }: PublishRequest, { answered, refusedMids }: AnsweredClient): string[] {
  const named = new Set<string>(tracks.map(({ mid }) => mid));
  const unnamedMids = answered.unpublishedMids.filter((mid) => !named.has(mid));
  return [
    ...unnamedMids.map((mid) => `m-section ${mid} sends but is not named in tracks; it was answered inactive`),
    ...refusedMids.map((mid) => `m-section ${mid} was rejected: nothing in it is supported`),
  ];
}
