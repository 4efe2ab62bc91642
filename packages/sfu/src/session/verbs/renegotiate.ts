import { type RenegotiateReply, type RenegotiateRequest, SfuError } from '@causeway/protocol';
import { applyAnswer, comparableAnswer, subscriptions } from '../../negotiation/index.ts';
import type { Session } from '../session.ts';
import { answerClientOffer, commitAnswered } from './answer-client-offer.ts';
import { readSdp } from './read-sdp.ts';

/** `PUT /renegotiate`: the answer to the SFU's offer, or an offer of the client (ICE restart, change of direction). */
export function renegotiate(session: Session, request: RenegotiateRequest): Promise<RenegotiateReply> {
  const { type, sdp } = request.sessionDescription;
  return session.run(async () => (type === 'offer' ? takeOffer(session, sdp) : takeAnswer(session, sdp)));
}

function takeOffer(session: Session, sdp: string): RenegotiateReply {
  const client = answerClientOffer(session, session.negotiation, sdp, {
    publish: [],
    autoPublish: session.autoPublish ? 'new' : 'none',
    subscribe: [],
  });
  commitAnswered(session, client);
  return { sessionId: session.id, success: true, sessionDescription: client.sessionDescription };
}

function takeAnswer(session: Session, sdp: string): RenegotiateReply {
  const { signaling } = session.negotiation;
  if (signaling.type === 'stable') {
    if (signaling.lastOffer.outcome === 'answered' && signaling.lastOffer.answer === comparableAnswer(sdp)) return done(session);
    if (signaling.lastOffer.outcome === 'withdrawn') {
      throw new SfuError('stale_answer', 'the offer was withdrawn because it was not answered in time; subscribe again');
    }
    throw new SfuError('no_pending_offer', `session ${session.id} has no offer open`);
  }
  const { limits, random } = session.parts;
  const applied = applyAnswer(session.negotiation, readSdp(sdp, limits), sdp, random);
  session.commit(applied.state);
  for (const { code, description, ...live } of applied.refused) session.reports.failed(live, code, description);
  for (const live of subscriptions(session.negotiation)) {
    if (signaling.offer.subscriptionIds.includes(live.subscription.id)) session.reports.started(live);
  }
  session.desk.resume();
  return done(session);
}

function done(session: Session): RenegotiateReply {
  return { sessionId: session.id, success: true };
}
