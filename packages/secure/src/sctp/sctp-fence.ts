/**
 * What an SCTP packet must look like before werift sees it. Its parser loops for ever on a length of zero, throws out of
 * asynchronous code on most other nonsense, and walks through every number a SACK claims (W04, W05): all of that is refused
 * here, in one pass over the packet.
 *
 * @see RFC 9260 §3, RFC 6525 §3.1, RFC 3758 §3.2
 */
import { CHECKSUM_AT, sctpChecksum } from './crc32c.ts';

/** Streams we announce, and so the ids we take: as many as browsers do. */
export const MAX_STREAMS = 1_024;

const ChunkType = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
  reconfig: 130,
  forwardTsn: 192,
} as const;

const COMMON_HEADER_LENGTH = 12;
const CHUNK_HEADER_LENGTH = 4;
/** DTLS carries no longer record, and nobody sends more than a path's MTU. */
const MAX_PACKET_LENGTH = 16_384;
const MAX_CHUNKS = 64;
/** How many packets a SACK may talk about: more than our window ever holds. */
const MAX_SACK_SPAN = 4_096;
const MAX_PARAMETERS = 64;
const COOKIE_LENGTH = 24;
const RECONFIG_OUTGOING_RESET = 13;
const RECONFIG_RESPONSE = 16;
const RECONFIG_ADD_STREAMS = 17;

/** What is in a packet that passed. */
export interface FencedPacket {
  readonly isInit: boolean;
  readonly hasData: boolean;
}

/** @returns undefined if the packet must be dropped */
export function fencePacket(packet: Buffer): FencedPacket | undefined {
  if (packet.length < COMMON_HEADER_LENGTH + CHUNK_HEADER_LENGTH || packet.length > MAX_PACKET_LENGTH) return undefined;
  if (packet.readUInt32LE(CHECKSUM_AT) !== sctpChecksum(packet)) return undefined;
  let isInit = false;
  let hasData = false;
  let chunks = 0;
  for (let at = COMMON_HEADER_LENGTH; at < packet.length; chunks++) {
    if (at + CHUNK_HEADER_LENGTH > packet.length || chunks >= MAX_CHUNKS) return undefined;
    const type = packet[at];
    const length = packet.readUInt16BE(at + 2);
    if (length < CHUNK_HEADER_LENGTH || at + length > packet.length) return undefined;
    if (!isSafeChunk(type, packet.subarray(at + CHUNK_HEADER_LENGTH, at + length))) return undefined;
    isInit ||= type === ChunkType.init;
    hasData ||= type === ChunkType.data;
    at += padded(length);
  }
  // INIT stands alone (RFC 9260 §3.3.2).
  return isInit && chunks > 1 ? undefined : { isInit, hasData };
}

function isSafeChunk(type: number, body: Buffer): boolean {
  switch (type) {
    case ChunkType.data:
      return body.length > 12 && body.readUInt16BE(4) < MAX_STREAMS;
    case ChunkType.init:
    case ChunkType.initAck:
      return body.length >= 16 && areSafeParameters(body.subarray(16));
    case ChunkType.sack:
      return isSafeSack(body);
    case ChunkType.heartbeat:
    case ChunkType.heartbeatAck:
    case ChunkType.abort:
    case ChunkType.error:
      return areSafeParameters(body);
    case ChunkType.shutdown:
      return body.length === 4;
    case ChunkType.cookieEcho:
      return body.length === COOKIE_LENGTH;
    case ChunkType.reconfig:
      return areSafeParameters(body, isSafeReconfiguration);
    case ChunkType.forwardTsn:
      return body.length >= 4 && body.length % 4 === 0 && everyStream(body.subarray(4), 4);
    case ChunkType.shutdownAck:
    case ChunkType.cookieAck:
    case ChunkType.shutdownComplete:
      return true;
    default:
      return false;
  }
}

function isSafeSack(body: Buffer): boolean {
  if (body.length < 12) return false;
  const gaps = body.readUInt16BE(8);
  const duplicates = body.readUInt16BE(10);
  if (body.length !== 12 + 4 * (gaps + duplicates)) return false;
  let previousEnd = 0;
  for (let gap = 0; gap < gaps; gap++) {
    const start = body.readUInt16BE(12 + gap * 4);
    const end = body.readUInt16BE(14 + gap * 4);
    if (start <= previousEnd || end < start || end > MAX_SACK_SPAN) return false;
    previousEnd = end;
  }
  return true;
}

function areSafeParameters(bytes: Buffer, isSafeValue: (type: number, value: Buffer) => boolean = () => true): boolean {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    if (at + CHUNK_HEADER_LENGTH > bytes.length || count >= MAX_PARAMETERS) return false;
    const length = bytes.readUInt16BE(at + 2);
    if (length < CHUNK_HEADER_LENGTH || at + length > bytes.length) return false;
    if (!isSafeValue(bytes.readUInt16BE(at), bytes.subarray(at + CHUNK_HEADER_LENGTH, at + length))) return false;
    at += padded(length);
  }
  return true;
}

function isSafeReconfiguration(type: number, value: Buffer): boolean {
  switch (type) {
    case RECONFIG_OUTGOING_RESET:
      return value.length >= 12 && value.length % 2 === 0 && everyStream(value.subarray(12), 2);
    case RECONFIG_RESPONSE:
      return value.length === 8 || value.length === 16;
    // Nobody needs more streams than were announced.
    case RECONFIG_ADD_STREAMS:
      return false;
    default:
      return true;
  }
}

/** Whether all stream ids, `step` bytes apart, are ones that exist. */
function everyStream(bytes: Buffer, step: number): boolean {
  for (let at = 0; at < bytes.length; at += step) if (bytes.readUInt16BE(at) >= MAX_STREAMS) return false;
  return true;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}
