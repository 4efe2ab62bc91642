/** Negotiates the m-section that calls about data channels need. */
import { type SessionDescription, type SessionId, SfuError, type TokenGrants } from '@causeway/protocol';
import { agreedData } from '../../negotiation/index.ts';
import type { Session } from '../session.ts';
import { publishRuleOf, refuseHosted } from '../session-access.ts';
import { type AnsweredClient, answerClientOffer, commitAnswered, readClientOffer } from './answer-client-offer.ts';

/** The part of a reply that concerns SDP. */
export interface DataNegotiation {
  readonly immediateRenegotiationRequired: boolean;
  readonly sessionDescription?: SessionDescription;
  readonly sessionId: SessionId;
}

/**
 * Answers the offer that came with a call, without committing the outcome.
 *
 * @returns undefined if there was no offer
 * @throws invalid_session_description – the offer cannot be used, or has no m=application
 * @throws negotiation_glare – an offer of the SFU is open; nothing was changed
 */
export async function readDataOffer(
  session: Session,
  sdp: string | undefined,
  caller: TokenGrants | undefined,
): Promise<AnsweredClient | undefined> {
  refuseHosted(session);
  if (sdp === undefined) return undefined;
  const offer = await readClientOffer(session, sdp);
  const client = answerClientOffer(session, session.negotiation, offer, {
    publish: [],
    autoPublish: session.autoPublish ? 'new' : 'none',
    mayPublish: publishRuleOf(caller),
    subscribe: [],
  });
  if (agreedData(client.answered.state) !== undefined) return client;
  throw new SfuError(
    'invalid_session_description',
    'the offer has no m=application section in use; call createDataChannel before createOffer',
  );
}

/**
 * Makes sure that data channels are negotiated, by the client's offer or by one of the SFU's.
 *
 * @param takeBack undoes what the call has done if they cannot be negotiated now
 * @returns a function whose promise resolves to that part of the reply. It may have to wait for an answer, which is
 * itself a call, so await it outside the lane
 */
export function negotiateData(session: Session, client: AnsweredClient | undefined, takeBack: () => void): () => Promise<DataNegotiation> {
  const settled = (client === undefined ? offerData(session) : answerData(session, client)).catch((error: unknown) => {
    takeBack();
    throw error;
  });
  // A failure is reported to the caller that awaits it, not to the process.
  settled.catch(() => undefined);
  return () => settled;
}

async function offerData(session: Session): Promise<DataNegotiation> {
  return { ...(await session.desk.openData()), sessionId: session.id };
}

async function answerData(session: Session, client: AnsweredClient): Promise<DataNegotiation> {
  const sessionDescription = await commitAnswered(session, client);
  return { immediateRenegotiationRequired: false, sessionDescription, sessionId: session.id };
}
