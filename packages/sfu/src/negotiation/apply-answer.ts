/**
 * Applies the client's answer to the SFU's offer.
 *
 * @see RFC 8829 §5.10, docs/api.md §6
 */
import { hash } from 'node:crypto';
import { SfuError } from '@causeway/protocol';
import { isRejectedSection, type SdpDescription, type SdpSection } from '@causeway/wire';
import { invariant } from '../invariant.ts';
import { rejected } from './answer-offer.ts';
import { checkDescription, withMidsOfRejected } from './check-description.ts';
import { type ClientFacts, ClientSectionReader } from './client-section.ts';
import { answerData } from './data-section.ts';
import { isReceiving } from './describe.ts';
import { parked } from './edit-sections.ts';
import { restrictSubscription } from './live-sending.ts';
import type { Negotiation, PendingOffer, RandomSource, RtpSection, Section, Subscription } from './state.ts';
import { negotiateTransport } from './transport.ts';

/** A subscription of the offer that the answer refused. */
export interface RefusedSubscription {
  readonly section: Pick<RtpSection, 'mid' | 'kind'>;
  readonly subscription: Subscription;
  readonly code: 'codec_mismatch' | 'invalid_session_description';
  readonly description: string;
}

export interface AppliedAnswer {
  readonly state: Negotiation;
  readonly refused: readonly RefusedSubscription[];
}

/**
 * @param state must have an open offer
 * @param answerText kept to recognise a repeated answer
 * @throws invalid_session_description – the answer does not fit the offer, which stays open
 * @throws stale_answer – the answer fits only an offer that was withdrawn
 */
export function applyAnswer(state: Negotiation, clientAnswer: SdpDescription, answerText: string, random: RandomSource): AppliedAnswer {
  const { signaling } = state;
  invariant(signaling.type === 'sfu-offer-pending', 'the caller has looked');
  const answer = withMidsOfRejected(clientAnswer, signaling.offer.sections);
  checkFits(signaling.offer, signaling.hasWithdrawn, answer);
  const transported = negotiateTransport(state, answer, 'answer', random);
  const subscriptionIds = new Set(signaling.offer.subscriptionIds);
  const reader = new ClientSectionReader();
  const answered = signaling.offer.sections.map((section, index) => {
    return answerSection(section, answer.sections[index], { subscriptionIds, reader });
  });
  return {
    state: {
      ...transported,
      sections: answered.map(({ section }) => section),
      confirmedSections: answered.length,
      signaling: { type: 'stable', lastOffer: { outcome: 'answered', answer: answerDigest(answerText) } },
    },
    refused: answered.map(({ refused }) => refused).filter((refused) => refused !== undefined),
  };
}

/**
 * Returns a digest by which answers are compared, since an answer has kilobytes and a session remembers its last one. Browsers increment
 * the version in the o-line with every answer, even if nothing else changes.
 */
export function answerDigest(sdp: string): string {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('o='));
  return hash('sha256', lines.join('\n'), 'base64');
}

function checkFits(offer: PendingOffer, hasWithdrawn: boolean, answer: SdpDescription): void {
  const fits =
    answer.sections.length === offer.sections.length &&
    answer.sections.every(({ mid }, index) => mid === undefined || mid === offer.sections[index]?.mid);
  if (!fits && hasWithdrawn) {
    throw new SfuError('stale_answer', 'the answer belongs to an offer that was withdrawn; answer the latest offer');
  }
  if (answer.sections.length !== offer.sections.length) {
    const counts = `${answer.sections.length} m-sections; the offer has ${offer.sections.length}`;
    throw new SfuError('invalid_session_description', `the answer has ${counts}`);
  }
  checkDescription(answer, offer.sections);
}

interface AnsweredSection {
  readonly section: Section;
  readonly refused: RefusedSubscription | undefined;
}

interface AnswerContext {
  /** Ids of the subscriptions that the offer added. */
  readonly subscriptionIds: ReadonlySet<string>;
  readonly reader: ClientSectionReader;
}

function answerSection(section: Section, answer: SdpSection | undefined, { subscriptionIds, reader }: AnswerContext): AnsweredSection {
  invariant(answer !== undefined, 'the answer has been found to have as many sections as the offer');
  if (section.type === 'rejected') return { section, refused: undefined };
  if (section.type === 'data') return { section: answerData(section, answer) ?? rejected(answer), refused: undefined };
  const isNew = section.sending.type === 'live' && subscriptionIds.has(section.sending.subscription.id);
  if (isRejectedSection(answer)) {
    return { section: rejected(answer), refused: refusal(section, 'codec_mismatch', 'rejects') };
  }
  return answerRtpSection(section, reader.read(answer, section.kind), isNew);
}

function answerRtpSection(section: RtpSection, facts: ClientFacts, isNew: boolean): AnsweredSection {
  const heard = withSendingFacts(section, facts);
  if (section.sending.type !== 'live') return { section: heard, refused: undefined };
  const { subscription } = section.sending;
  const restricted = restrictSubscription(subscription, facts);
  if (restricted === undefined) {
    return {
      section: { ...heard, sending: parked(subscription, 'ended') },
      refused: refusal(section, 'codec_mismatch', 'lacks the codec of the track on'),
    };
  }
  if (isNew && !facts.clientReceives) {
    const refused = refusal(section, 'invalid_session_description', 'does not receive on');
    // The answer itself says so; no further description is needed.
    return { section: { ...heard, clientReceives: false, sending: { type: 'idle', hasSent: true } }, refused };
  }
  return {
    section: { ...heard, clientReceives: facts.clientReceives, sending: { type: 'live', subscription: restricted } },
    refused: undefined,
  };
}

/** An answer describes the client's sending only where the SFU offered to receive. */
function withSendingFacts(section: RtpSection, facts: ClientFacts): RtpSection {
  if (!isReceiving(section)) return section;
  const { clientSends, ssrcs, rids, isSimulcast } = facts;
  return clientSends ? { ...section, clientSends, ssrcs, rids, isSimulcast } : { ...section, clientSends };
}

function refusal(section: RtpSection, code: RefusedSubscription['code'], verb: string): RefusedSubscription | undefined {
  if (section.sending.type !== 'live') return undefined;
  const description = `the answer ${verb} m-section ${section.mid}`;
  return { section, subscription: section.sending.subscription, code, description };
}
