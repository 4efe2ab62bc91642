/**
 * Records of sessions, tracks and data channels as they are stored in Redis, where other versions of this program, and
 * possibly an attacker, write them.
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

/** Stored in the same hash as the tracks of its session. Versions without data channels ignore it. */
const WrappedDataChannel = z.object({ channel: DataChannel });

/** A hash in Redis is unordered, so a track stores its position. */
const OrderedTrack = z.object({ order: z.number(), track: Track });

export function writeSessionRecord(record: SessionRecord): string {
  return JSON.stringify(record);
}

export function writePublication(publication: OwnPublication): string {
  return JSON.stringify('channel' in publication ? publication : { order: publication.order, track: publication.record });
}

/** @returns undefined if the text is not a record of that session */
export function readSessionRecord(text: string, appId: string, sessionId: string): SessionRecord | undefined {
  const record = Session.safeParse(parseJson(text)).data;
  return record?.appId === appId && record.sessionId === sessionId ? record : undefined;
}

/** @returns the tracks of that session among the texts, oldest first */
export function readTrackRecords(texts: readonly string[], appId: string, sessionId: string): readonly TrackRecord[] {
  const tracks = texts.flatMap((text) => OrderedTrack.safeParse(parseJson(text)).data ?? []);
  return tracks
    .filter(({ track }) => track.appId === appId && track.sessionId === sessionId)
    .sort((one, other) => one.order - other.order)
    .map(({ track }) => track);
}

/** @returns the data channels of that session among the texts */
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
