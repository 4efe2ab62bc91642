/** Records of tracks and data channels as they may be sent on a link. */
import type { DataChannelRecord, TrackRecord } from '../registry/index.ts';
import { isTellableCodec, MESSAGE_BOUNDS } from './links/control-messages.ts';

const { nameLength, codecs, layers, extensions, aliases } = MESSAGE_BOUNDS;

/**
 * The record of a track as it may be sent on a link. Values of a client that are longer or larger than a message allows
 * are left out, so that they cannot make nodes misunderstand each other.
 */
export function tellableTrack(record: TrackRecord): TrackRecord {
  return {
    ...record,
    aliases: record.aliases.filter(isShort).slice(0, aliases),
    codecs: record.codecs.filter(isTellableCodec).slice(0, codecs),
    extensionUris: record.extensionUris.filter(isShort).slice(0, extensions),
    rids: record.rids.filter(isShort).slice(0, layers),
  };
}

function isShort(text: string): boolean {
  return text.length <= nameLength;
}

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
