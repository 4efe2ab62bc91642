import type { DataChannelRecord } from '../registry/index.ts';

/**
 * The record of a data channel as it may be told on a link. Names are bounded where they are published, and so is all the rest of it: a record that is
 * not as it should be comes from the registry, and is told as it is for `encodeControlMessage` to refuse.
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
