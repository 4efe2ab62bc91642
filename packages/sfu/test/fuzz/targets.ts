/** Session descriptions of clients into negotiation: they are answered, or refused as what they are. */

import { formatSessionId, SfuError } from '@causeway/protocol';
import { capturedOffer, capturedOffers } from '@causeway/testkit/captured-offers';
import { type FuzzTarget, type FuzzTargetFactory, mutateLines } from '@causeway/testkit/fuzz';
import { seededBytes } from '@causeway/testkit/mesh';
import { parseSdp, type SdpDescription, writeSdp } from '@causeway/wire';
import {
  answerOffer,
  createNegotiation,
  hostCandidates,
  mediaPlanOf,
  type Negotiation,
  type OfferPolicy,
} from '../../src/negotiation/index.ts';

const LOCAL = {
  fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
  candidates: hostCandidates(['192.0.2.1'], 8081),
  port: 8081,
};
const POLICY: OfferPolicy = { publish: [], autoPublish: 'new', subscribe: [], maxSections: 256 };
const MAX_OFFERS_PER_SESSION = 4;

/** One session after another, each of which sends a few offers. */
class NegotiationUnderFire {
  readonly #random = seededBytes();
  #state: Negotiation = this.#begin();
  #offers = 0;

  /** @returns the answer; undefined if the offer was refused */
  answer(offer: SdpDescription): SdpDescription | undefined {
    if (this.#offers++ % MAX_OFFERS_PER_SESSION === 0) this.#state = this.#begin();
    try {
      const { state, answer } = answerOffer(this.#state, offer, POLICY, this.#random);
      this.#state = state;
      mediaPlanOf(state, 'demo');
      return answer;
    } catch (error) {
      if (error instanceof SfuError) return undefined;
      throw error;
    }
  }

  #begin(): Negotiation {
    return createNegotiation(formatSessionId(1, 'fc756623-3be4-4c40-b651-20e22095ee07'), 0, LOCAL, this.#random);
  }
}

function negotiationTarget(): FuzzTarget {
  const fire = new NegotiationUnderFire();
  const decoder = new TextDecoder();
  let answered: { readonly offer: SdpDescription; readonly answer: SdpDescription } | undefined;
  return {
    name: 'negotiation',
    share: 1,
    seeds: capturedOffers().map((name) => new TextEncoder().encode(capturedOffer(name))),
    mutate: mutateLines,
    run(input) {
      const parsed = parseSdp(decoder.decode(input));
      const answer = parsed.ok ? fire.answer(parsed.description) : undefined;
      answered = parsed.ok && answer !== undefined ? { offer: parsed.description, answer } : undefined;
    },
    verify() {
      if (answered === undefined) return;
      const { offer, answer } = answered;
      if (answer.sections.length !== offer.sections.length) throw new Error('an answer has other sections than its offer');
      const again = parseSdp(writeSdp(answer));
      if (!again.ok) throw new Error(`an answer cannot be read: ${again.reason}`);
      const sending = answer.sections.find((section) => section.kind !== 'application' && section.direction === 'sendrecv');
      if (sending !== undefined) throw new Error('an answer sends where nothing was subscribed to');
    },
  };
}

export const fuzzTargets: readonly FuzzTargetFactory[] = [{ name: 'negotiation', create: negotiationTarget }];
