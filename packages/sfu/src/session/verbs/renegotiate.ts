import { type RenegotiateReply, type RenegotiateRequest, SfuError, type TokenGrants } from '@causeway/protocol';
import { answerDigest, applyAnswer, isDataOnItsWay, subscriptions } from '../../negotiation/index.ts';
import type { Session } from '../session.ts';
import { mayOpenData, publishRuleOf } from '../session-access.ts';
import { readSdp } from '../session-work.ts';
import { commitAnswered, readClientOffer, takeClientOffer } from './answer-client-offer.ts';

/** `PUT /renegotiate`: accepts the answer to the SFU's offer, or an offer of the client (ICE restart, change of direction). */
export function renegotiate(session: Session, request: RenegotiateRequest, caller: TokenGrants | undefined): Promise<RenegotiateReply> {
  const { type, sdp } = request.sessionDescription;
  return session.run(async () => (type === 'offer' ? takeOffer(session, sdp, caller) : takeAnswer(session, sdp)));
}

async function takeOffer(session: Session, sdp: string, caller: TokenGrants | undefined): Promise<RenegotiateReply> {
  const offer = await readClientOffer(session, sdp);
  const policy = {
    publish: [],
    autoPublish: session.autoPublish ? 'new' : 'none',
    subscribe: [],
    mayPublish: publishRuleOf(caller),
    mayOpenData: mayOpenData(caller),
  } as const;
  const sessionDescription = await takeClientOffer(session, offer, policy, (client) => commitAnswered(session, client));
  return { sessionId: session.id, success: true, sessionDescription };
}

async function takeAnswer(session: Session, sdp: string): Promise<RenegotiateReply> {
  if (session.isStable) return repeatAnswer(session, sdp);
  const answer = await readSdp(session.appId, sdp, session.parts);
  // The offer may have been withdrawn while the answer was being read.
  const { signaling } = session.negotiation;
  if (signaling.type === 'stable') return repeatAnswer(session, sdp);
  const applied = applyAnswer(session.negotiation, answer, sdp, session.parts.random);
  session.commit(applied.state);
  if (!isDataOnItsWay(applied.state)) session.data.subscribed.failAll('invalid_session_description');
  for (const { code, description, ...live } of applied.refused) session.reports.failed(live, code, description);
  const offered = new Set(signaling.offer.subscriptionIds);
  for (const live of subscriptions(session.negotiation)) if (offered.has(live.subscription.id)) session.reports.started(live);
  session.desk.resume();
  return done(session);
}

/** Handles an answer while no offer is open, which is accepted if it repeats the latest one. */
function repeatAnswer(session: Session, sdp: string): RenegotiateReply {
  const { signaling } = session.negotiation;
  if (signaling.type === 'stable') {
    if (signaling.lastOffer.outcome === 'answered' && signaling.lastOffer.answer === answerDigest(sdp)) return done(session);
    if (signaling.lastOffer.outcome === 'withdrawn') {
      throw new SfuError('stale_answer', 'the offer was withdrawn because it was not answered in time; subscribe again');
    }
  }
  throw new SfuError('no_pending_offer', `session ${session.id} has no open offer`);
}

function done(session: Session): RenegotiateReply {
  return { sessionId: session.id, success: true };
}
