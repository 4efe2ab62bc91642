/**
 * Records of sessions, tracks and data channels as they are stored in Redis, where other versions of this program write
 * them, and perhaps an attacker.
 */
import type { DataChannelRecord, SessionRecord, TrackRecord } from '@causeway/sfu';
import { z } from 'zod';
import type { OwnPublication } from './own-records.ts';

const Session = z.object({
  appId: z.string(),
  sessionId: z.string(),
  metadata: z.string(),
  group: z.string().optional(),
  connectionState: z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed']),
  createdAtMs: z.number(),
});

const Codec = z.object({ name: z.string(), clockRateHz: z.number(), channels: z.number(), fmtp: z.string() });

const Track = z.object({
  appId: z.string(),
  sessionId: z.string(),
  trackId: z.string(),
  aliases: z.array(z.string()),
  customTrackName: z.string(),
  mid: z.string(),
  kind: z.enum(['audio', 'video']),
  status: z.enum(['pending', 'active', 'inactive']),
  isMuted: z.literal(true).optional(),
  isHidden: z.boolean(),
  publicationId: z.string(),
  codecs: z.array(Codec),
  extensionUris: z.array(z.string()),
  rids: z.array(z.string()),
});

const DataChannel = z.object({
  appId: z.string(),
  sessionId: z.string(),
  dataChannelName: z.string(),
  publicationId: z.string(),
  ordered: z.boolean(),
  maxRetransmits: z.int().optional(),
  maxPacketLifeTimeMs: z.int().optional(),
  retain: z.int(),
  isBus: z.boolean(),
  status: z.enum(['pending', 'open']),
});

/** In the same hash as the tracks of its session, where versions that know no data channels read past it. */
const WrappedDataChannel = z.object({ channel: DataChannel });

/** A hash in Redis keeps no order, so a track says where it belongs. */
const OrderedTrack = z.object({ order: z.number(), track: Track });

export function writeSessionRecord(record: SessionRecord): string {
  return JSON.stringify(record);
}

export function writePublication(publication: OwnPublication): string {
  return JSON.stringify('channel' in publication ? publication : { order: publication.order, track: publication.record });
}

/** @returns undefined if the text is not a session of that app and id */
export function readSessionRecord(text: string, appId: string, sessionId: string): SessionRecord | undefined {
  const record = Session.safeParse(parseJson(text)).data;
  return record?.appId === appId && record.sessionId === sessionId ? record : undefined;
}

/** @returns those of the texts that are tracks of that app and session, the first published first */
export function readTrackRecords(texts: readonly string[], appId: string, sessionId: string): readonly TrackRecord[] {
  const tracks = texts.flatMap((text) => OrderedTrack.safeParse(parseJson(text)).data ?? []);
  return tracks
    .filter(({ track }) => track.appId === appId && track.sessionId === sessionId)
    .sort((one, other) => one.order - other.order)
    .map(({ track }) => track);
}

/** @returns those of the texts that are data channels of that app and session */
export function readDataChannelRecords(texts: readonly string[], appId: string, sessionId: string): readonly DataChannelRecord[] {
  const channels = texts.flatMap((text) => WrappedDataChannel.safeParse(parseJson(text)).data?.channel ?? []);
  return channels.filter((channel) => channel.appId === appId && channel.sessionId === sessionId).map(withoutUndefined);
}

function withoutUndefined({ maxRetransmits, maxPacketLifeTimeMs, ...channel }: z.infer<typeof DataChannel>): DataChannelRecord {
  return {
    ...channel,
    ...(maxRetransmits !== undefined && { maxRetransmits }),
    ...(maxPacketLifeTimeMs !== undefined && { maxPacketLifeTimeMs }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
