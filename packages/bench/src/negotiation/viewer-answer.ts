import { parseSdp, writeSdp } from '@causeway/wire';

const ICE = { ufrag: 'abcd', password: '0123456789012345678901' };
const FINGERPRINT = { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'CD').join(':') };

/** Returns the answer of a client that accepts all media and sends none. */
export function answerTo(offer: string): string {
  const parsed = parseSdp(offer);
  if (!parsed.ok) throw new Error(`the SFU's offer: ${parsed.reason}`);
  const sections = parsed.description.sections.map((section) => ({
    ...section,
    direction: section.direction === 'sendonly' ? ('recvonly' as const) : ('inactive' as const),
    ice: ICE,
    fingerprints: [FINGERPRINT],
    setup: 'active' as const,
    candidates: [],
    msids: [],
    ssrcs: [],
    ssrcGroups: [],
  }));
  return writeSdp({ ...parsed.description, iceLite: false, sections });
}
