import { type AnswerDescription, SfuError } from '@causeway/protocol';
import { isRejectedSection, type SdpDescription } from '@causeway/wire';
import {
  type AnsweredOffer,
  answerOffer,
  answerOfferInPieces,
  type LiveSubscription,
  type Negotiation,
  type OfferPolicy,
  subscriptions,
} from '../../negotiation/index.ts';
import type { Session } from '../session.ts';
import { refuseHosted } from '../session-access.ts';
import { sessionClosedError } from '../session-life.ts';
import { inTurns, readSdp, SHORT_SECTIONS, writeDescription } from '../session-work.ts';

/** A client whose offer is refused rolls back, answers the SFU's offer, and retries at once. */
const RETRY_AFTER_GLARE_MS = 0;

/** Rarely exhausted: the session would have to change during each try, as if thousands of tracks ended one by one. */
const MAX_TRIES = 3;

export interface AnsweredClient {
  readonly answered: AnsweredOffer;
  /** Mids of sections that the client uses and the answer rejects. */
  readonly refusedMids: readonly string[];
  /** Subscriptions whose m-section the client has stopped. */
  readonly stopped: readonly LiveSubscription[];
  /** Subscriptions whose m-section can no longer carry their track. */
  readonly unfit: readonly LiveSubscription[];
}

/**
 * Reads a client's offer. The session may change in that time, so its state is examined only afterwards.
 *
 * @throws negotiation_glare – an offer of the SFU is open; nothing was changed
 * @throws invalid_session_description – the text is not SDP; nothing was changed
 */
export async function readClientOffer(session: Session, sdp: string): Promise<SdpDescription> {
  refuseHosted(session);
  refuseGlare(session);
  return readSdp(session.appId, sdp, session.parts);
}

/**
 * Answers a client's offer without committing the outcome.
 *
 * @throws negotiation_glare – an offer of the SFU is open; nothing was changed
 * @throws invalid_session_description – the offer cannot be used; nothing was changed
 * @throws quota_exceeded – the app would exceed its number of tracks; nothing was changed
 */
export function answerClientOffer(
  session: Session,
  state: Negotiation,
  offer: SdpDescription,
  policy: Omit<OfferPolicy, 'maxSections'>,
): AnsweredClient {
  refuseGlare(session);
  const { limits, random } = session.parts;
  return outcomeOf(session, state, offer, answerOffer(state, offer, { ...policy, maxSections: limits.maxSections }, random));
}

/** @throws quota_exceeded – the app would exceed its number of tracks */
function outcomeOf(session: Session, state: Negotiation, offer: SdpDescription, answered: AnsweredOffer): AnsweredClient {
  session.checkTracks(answered.state);
  const stoppedMids = new Set(offer.sections.filter(isRejectedSection).map(({ mid }) => mid));
  const ended = Map.groupBy(endedSubscriptions(state, answered.state), ({ section }) => stoppedMids.has(section.mid));
  return {
    answered,
    refusedMids: refusedMids(offer, answered.state),
    stopped: ended.get(true) ?? [],
    unfit: ended.get(false) ?? [],
  };
}

/**
 * Answers a client's offer like `answerClientOffer`, in pieces if it is long, and applies the answer synchronously. If
 * the session changes between the pieces, the answer is computed again; after too many tries, in one go.
 *
 * @param use called once with an answer to the present state; its errors are passed on
 * @throws session_closed – the session has ended in that time
 * @throws whatever `answerClientOffer` throws
 */
export async function takeClientOffer<Result>(
  session: Session,
  offer: SdpDescription,
  policy: Omit<OfferPolicy, 'maxSections'>,
  use: (client: AnsweredClient) => Result,
): Promise<Result> {
  const { limits, random, descriptionTurns } = session.parts;
  if (offer.sections.length <= SHORT_SECTIONS) return use(answerClientOffer(session, session.negotiation, offer, policy));
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    refuseGlare(session);
    const state = session.negotiation;
    const answering = answerOfferInPieces(state, offer, { ...policy, maxSections: limits.maxSections }, random);
    const answered = await inTurns(session.appId, offer.sections.length, answering, descriptionTurns);
    if (session.life.type === 'closed') throw sessionClosedError(session.id, session.life);
    if (session.negotiation === state) return use(outcomeOf(session, state, offer, answered));
  }
  return use(answerClientOffer(session, session.negotiation, offer, policy));
}

/** Commits the outcome, and reports the subscriptions that end with it. @returns the answer for the client */
export async function commitAnswered(session: Session, { answered, stopped, unfit }: AnsweredClient): Promise<AnswerDescription> {
  session.commit(answered.state);
  for (const live of stopped) session.reports.stopped(live, 'unsubscribed');
  for (const live of unfit) {
    session.reports.failed(live, 'codec_mismatch', `the offer lacks the codec of the track on m-section ${live.section.mid}`);
  }
  return { type: 'answer', sdp: await writeDescription(session.appId, answered.answer, session.parts) };
}

function endedSubscriptions(before: Negotiation, after: Negotiation): readonly LiveSubscription[] {
  const left = new Set(subscriptions(after).map(({ subscription }) => subscription.id));
  return subscriptions(before).filter(({ subscription }) => !left.has(subscription.id));
}

/** The SFU is the impolite peer: a client's offer that crosses one of its own is refused at once (RFC 8829 §4.1.8.2). */
export function refuseGlare(session: Session): void {
  if (session.isStable) return;
  throw new SfuError(
    'negotiation_glare',
    `an offer for session ${session.id} waits for its answer; answer it with renegotiate, then repeat this call`,
    {
      retryAfterMs: RETRY_AFTER_GLARE_MS,
    },
  );
}

function refusedMids(offer: SdpDescription, { sections }: Negotiation): readonly string[] {
  const refused = offer.sections.filter((section, index) => !isRejectedSection(section) && sections[index]?.type === 'rejected');
  return refused.map(({ mid }) => mid ?? '');
}
