import type { SessionId } from '@causeway/protocol';
import type { SdpCandidate } from '@causeway/wire';
import { createIceCredentials } from './ice-credentials.ts';
import { EMPTY_NUMBER_TABLE } from './number-table.ts';
import type { LocalEndpoint, Negotiation, RandomSource } from './state.ts';

/** Creates the state of a session before its first description. */
export function createNegotiation(sessionId: SessionId, shardNo: number, local: LocalEndpoint, random: RandomSource): Negotiation {
  return {
    sessionId,
    local,
    ice: createIceCredentials(shardNo, random),
    transport: undefined,
    origin: { sessionId: originSessionId(random), version: 0 },
    signaling: { type: 'stable', lastOffer: { outcome: 'none' } },
    queued: undefined,
    sections: [],
    confirmedSections: 0,
    payloadTypes: EMPTY_NUMBER_TABLE,
    extensionIds: EMPTY_NUMBER_TABLE,
    allowsMixedExtensions: false,
    named: { mids: 0, publications: 0, subscriptions: 0, transports: 0 },
  };
}

/** Returns 62 random bits, which are positive in any 64-bit integer (RFC 8829 §5.2.1). */
function originSessionId(random: RandomSource): string {
  const bytes = random.bytes(8);
  return bytes.reduce((number, byte, index) => number * 256n + BigInt(index === 0 ? byte & 0x3f : byte), 0n).toString();
}

/** Type preference of host candidates, component 1 (RFC 8445 §5.1.2). */
const HOST_TYPE_PREFERENCE = 126;
const MAX_LOCAL_PREFERENCE = 65_535;
const COMPONENT = 1;

/**
 * Returns one host candidate for each announced address, all on the node's UDP port; earlier addresses are preferred.
 *
 * @param addresses literal IPv4 and IPv6 addresses without a zone
 * @see RFC 8445 §5.1.2 (priority), RFC 8839 §5.1
 */
export function hostCandidates(addresses: readonly string[], port: number): readonly SdpCandidate[] {
  return addresses.map((address, index) => ({
    // Addresses differ in their base, so no two candidates share a foundation.
    foundation: String(index + 1),
    priority: HOST_TYPE_PREFERENCE * 2 ** 24 + (MAX_LOCAL_PREFERENCE - index) * 2 ** 8 + (256 - COMPONENT),
    address,
    port,
  }));
}
