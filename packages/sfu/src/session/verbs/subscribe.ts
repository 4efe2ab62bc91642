import {
  allFailedError,
  type SubscribeReply,
  type SubscribeRequest,
  type TokenGrants,
  type UnsubscribedTrackResult,
  type UnsubscribeItem,
  type UnsubscribeReply,
  type UnsubscribeRequest,
} from '@causeway/protocol';
import { type LiveSubscription, type Negotiation, parkSubscription, subscriptions } from '../../negotiation/index.ts';
import { locateWish } from '../locate-tracks.ts';
import type { Session } from '../session.ts';
import { refuseHosted } from '../session-access.ts';
import { answerClientOffer, commitAnswered, readClientOffer } from './answer-client-offer.ts';

/** `POST /track/subscribe`. A call that has to wait for an answer leaves the lane, because the answer is a call too. */
export async function subscribe(session: Session, request: SubscribeRequest, caller: TokenGrants | undefined): Promise<SubscribeReply> {
  const { atDesk } = await session.run(async () => {
    refuseHosted(session);
    session.place.checkEgress();
    const receiver = { appId: session.appId, sessionId: session.id, caller };
    const items = await Promise.all(
      request.tracks.map(async (asked) => ({ asked, located: await locateWish(receiver, asked, session.parts) })),
    );
    const atDesk = session.desk.subscribe(items);
    // A failure is reported to the caller that awaits it below, not to the process.
    atDesk.catch(() => undefined);
    return { atDesk };
  });
  return atDesk;
}

/** `POST /track/unsubscribe`: parks m-sections. If the call contains an offer, the answer already reflects the change. */
export function unsubscribe(session: Session, request: UnsubscribeRequest): Promise<UnsubscribeReply> {
  return session.run(async () => {
    const sdp = request.sessionDescription?.sdp;
    const offer = sdp === undefined ? undefined : await readClientOffer(session, sdp);
    const matches = request.tracks.map((item) => ({ item, found: findSubscriptions(session.negotiation, item) }));
    const tracks = matches.flatMap(({ item, found }) => resultsOf(session, item, found));
    const failure = allFailedError(tracks);
    if (failure !== undefined) throw failure;
    const ended = [...new Set(matches.flatMap(({ found }) => found))];
    const parked = ended.reduce((state, { subscription }) => parkSubscription(state, subscription.id, 'unsubscribed'), session.negotiation);
    const client = offer && answerClientOffer(session, parked, offer, { publish: [], autoPublish: 'none', subscribe: [] });
    const sessionDescription = client && commitAnswered(session, client);
    if (client === undefined) session.commit(parked);
    for (const live of ended) session.reports.stopped(live, 'unsubscribed');
    const answer = await sessionDescription;
    return { sessionId: session.id, success: true, ...(answer && { sessionDescription: answer }), tracks };
  });
}

function findSubscriptions(state: Negotiation, item: UnsubscribeItem): readonly LiveSubscription[] {
  return subscriptions(state).filter(({ section, subscription }) => {
    if (item.mid !== undefined) return section.mid === item.mid;
    if (subscription.remoteSessionId !== item.remoteSessionId) return false;
    return item.remoteTrackId === undefined
      ? subscription.followedName === item.customTrackName
      : subscription.remoteTrackId === item.remoteTrackId;
  });
}

function resultsOf(session: Session, item: UnsubscribeItem, found: readonly LiveSubscription[]): readonly UnsubscribedTrackResult[] {
  const { mid, remoteSessionId, remoteTrackId, customTrackName } = item;
  if (found.length === 0) {
    const track =
      mid === undefined ? `track ${remoteTrackId ?? customTrackName ?? ''} of session ${remoteSessionId ?? ''}` : `anything on mid ${mid}`;
    const errorDescription = `session ${session.id} does not subscribe to ${track}`;
    return [{ mid, remoteSessionId, remoteTrackId, customTrackName, errorCode: 'track_not_found', errorDescription }];
  }
  return found.map(({ section, subscription }) => ({
    mid: section.mid,
    remoteSessionId: subscription.remoteSessionId,
    remoteTrackId: subscription.remoteTrackId,
    customTrackName: subscription.followedName,
  }));
}
