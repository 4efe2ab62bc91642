import type { SessionId } from '@causeway/protocol';
import { createIceCredentials } from './ice-credentials.ts';
import { EMPTY_NUMBER_TABLE } from './number-table.ts';
import type { LocalEndpoint, Negotiation, RandomSource } from './state.ts';

/** State of a session before its first description. */
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

/** 62 random bits: positive in any 64-bit integer (RFC 8829 §5.2.1). */
function originSessionId(random: RandomSource): string {
  const bytes = random.bytes(8);
  return bytes.reduce((number, byte, index) => number * 256n + BigInt(index === 0 ? byte & 0x3f : byte), 0n).toString();
}
