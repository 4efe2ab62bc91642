import { formatSessionId } from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { seededBytes } from '@causeway/testkit/mesh';
import { parseSdp } from '@causeway/wire';
import { answerOffer, createNegotiation, editPublication, mediaPlanOf, publications } from '../../src/negotiation/index.ts';

/** A session that publishes microphone and camera. */
function published() {
  const random = seededBytes();
  const local = { fingerprint: { algorithm: 'sha-256', value: 'AB:CD' }, candidates: [], port: 8081 };
  const negotiation = createNegotiation(formatSessionId(1, 'fc756623-3be4-4c40-b651-20e22095ee07'), 0, local, random);
  const offer = parseSdp(capturedOffer('chromium-audio-video-sendonly'));
  if (!offer.ok) throw new Error(offer.reason);
  const policy = { publish: [], autoPublish: 'new', subscribe: [], maxSections: 256 } as const;
  return answerOffer(negotiation, offer.description, policy, random).state;
}

describe('the media plan after a change', () => {
  it('has the plans of unchanged m-sections as they were, and new ones of the changed', () => {
    const state = published();
    const [microphone, camera] = publications(state).map(({ publication }) => publication.id);
    const before = mediaPlanOf(state, 'demo');

    const changed = editPublication(state, microphone ?? '', (publication) => ({ ...publication, status: 'active' }));
    const after = mediaPlanOf(changed, 'demo', before);

    expect(after.publications.get(camera ?? '')).toBe(before.publications.get(camera ?? ''));
    expect(after.publications.get(microphone ?? '')).not.toBe(before.publications.get(microphone ?? ''));
    expect({ ...after, sections: undefined }).toEqual({ ...before, sections: undefined });
  });

  it('has all of them on another transport, once that has changed', () => {
    const state = published();
    const { transport } = state;
    if (transport === undefined) throw new Error('the offer has brought a transport');

    const after = mediaPlanOf({ ...state, transport: { ...transport, id: 'another' } }, 'demo', mediaPlanOf(state, 'demo'));

    expect([...after.publications.values()].map(({ transportId }) => transportId)).toEqual(['another', 'another']);
  });
});
