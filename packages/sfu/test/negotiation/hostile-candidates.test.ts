import { formatSessionId } from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { seededBytes } from '@causeway/testkit/mesh';
import { parseSdp } from '@causeway/wire';
import { answerOffer, createNegotiation, mediaPlanOf } from '../../src/negotiation/index.ts';

const TARGETS = [
  '169.254.169.254',
  '10.0.0.1',
  '127.0.0.1',
  '::1',
  'fd00::1',
  '::ffff:10.0.0.1',
  '2852039166',
  'metadata.internal',
  'a1b2.local',
];
const CANDIDATES_PER_TARGET = 60;

/** Chromium's offer with candidates of an attacker's choice in front of its own. */
function offerWithCandidates(): string {
  const lines = TARGETS.flatMap((target, index) =>
    Array.from(
      { length: CANDIDATES_PER_TARGET },
      (_, n) => `a=candidate:${index}${n} 1 udp ${2_130_706_431 - n} ${target} ${80 + n} typ host`,
    ),
  );
  return capturedOffer('chromium-quick-start-publisher').replace('a=ice-ufrag', `${lines.join('\r\n')}\r\na=ice-ufrag`);
}

test('addresses and names in candidates of an offer reach neither the engine nor the answer, so nothing is ever sent or resolved', () => {
  const random = seededBytes();
  const local = { fingerprint: { algorithm: 'sha-256', value: 'AB:CD' }, candidates: [], port: 8081 };
  const negotiation = createNegotiation(formatSessionId(1, 'fc756623-3be4-4c40-b651-20e22095ee07'), 0, local, random);
  const offer = parseSdp(offerWithCandidates());
  if (!offer.ok) throw new Error(offer.reason);

  const policy = { publish: [], autoPublish: 'new', subscribe: [], maxSections: 256 } as const;
  const { state, answer } = answerOffer(negotiation, offer.description, policy, random);

  const forEngine = JSON.stringify(mediaPlanOf(state, 'demo'), (_key, value) => (value instanceof Map ? [...value] : value));
  const forClient = JSON.stringify(answer.sections.map(({ candidates }) => candidates));
  expect(forEngine).toContain('publi');
  for (const target of TARGETS) expect([target, forEngine.includes(target), forClient.includes(target)]).toEqual([target, false, false]);
});
