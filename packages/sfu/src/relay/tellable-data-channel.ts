import type { DataChannelRecord } from '../registry/index.ts';

/**
 * The record of a data channel as it may be sent on a link. Names and all other fields are bounded when a channel is
 * published, so an invalid record comes from the registry; it is passed on unchanged, and `encodeControlMessage`
 * refuses it.
 */
export function tellableDataChannel(record: DataChannelRecord): DataChannelRecord {
  const { appId, sessionId, dataChannelName, publicationId, ordered, maxRetransmits, maxPacketLifeTimeMs, retain, isBus, status } = record;
  return {
    appId,
    sessionId,
    dataChannelName,
    publicationId,
    ordered,
    ...(maxRetransmits !== undefined && { maxRetransmits }),
    ...(maxPacketLifeTimeMs !== undefined && { maxPacketLifeTimeMs }),
    retain,
    isBus,
    status,
  };
}
