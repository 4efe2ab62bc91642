/**
 * INIT and INIT ACK, which share a format: the parameters that an end proposes for a new association.
 *
 * @see RFC 9260 §3.3.2, §3.3.3, RFC 5061 §4.2.7 (supported extensions), RFC 3758 §3.1, RFC 9653 §4
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { paddedLength, SctpChunkType, writeChunkHeader, writePadding } from './sctp-packet.ts';

/** What one side announces at the start of an association. */
export interface SctpInit {
  /** The verification tag that the peer must use in its packets; never 0. */
  readonly initiateTag: number;
  readonly windowBytes: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly initialTsn: number;
  readonly supportsForwardTsn: boolean;
  /** Whether it accepts packets without a checksum, because they are protected by DTLS. */
  readonly acceptsZeroChecksum: boolean;
  /** Chunk types beyond RFC 9260 that it supports. */
  readonly extensions: readonly number[];
  /** The state cookie; only in INIT ACK. */
  readonly cookie: Uint8Array | undefined;
}

const FIXED_LENGTH = 20;
const PARAMETER_HEADER_LENGTH = 4;
const MAX_PARAMETERS = 64;
const PARAMETER_COOKIE = 7;
const PARAMETER_ZERO_CHECKSUM = 0x8001;
const PARAMETER_EXTENSIONS = 0x8008;
const PARAMETER_FORWARD_TSN = 0xc000;
/** Addresses, address types and the like, which have no meaning inside DTLS. */
const IGNORED_PARAMETERS: readonly number[] = [5, 6, 8, 9, 11, 12];
/** A receiver continues after an unknown parameter only if this bit is set. */
const SKIP_BIT = 0x8000;
/** The error detection that replaces the checksum: DTLS (RFC 9653 §8). */
const ZERO_CHECKSUM_DTLS = 1;

/** Parses either chunk; undefined if it is too short, or a parameter extends past its end. */
export function parseInit(bytes: Uint8Array, start: number, end: number): SctpInit | undefined {
  if (end - start < FIXED_LENGTH) return undefined;
  const parameters = readParameters(bytes, start + FIXED_LENGTH, end);
  if (parameters === undefined) return undefined;
  const extensions = parameters.get(PARAMETER_EXTENSIONS);
  const zeroChecksum = parameters.get(PARAMETER_ZERO_CHECKSUM);
  return {
    initiateTag: readUint32(bytes, start + 4),
    windowBytes: readUint32(bytes, start + 8),
    outboundStreams: readUint16(bytes, start + 12),
    inboundStreams: readUint16(bytes, start + 14),
    initialTsn: readUint32(bytes, start + 16),
    supportsForwardTsn: parameters.has(PARAMETER_FORWARD_TSN),
    acceptsZeroChecksum: zeroChecksum?.length === 4 && readUint32(zeroChecksum, 0) === ZERO_CHECKSUM_DTLS,
    extensions: extensions === undefined ? [] : Array.from(extensions),
    cookie: parameters.get(PARAMETER_COOKIE),
  };
}

/** Writes an INIT, or an INIT ACK if there is a cookie. @returns the offset after its padding */
export function writeInit(out: Uint8Array, offset: number, init: SctpInit): number {
  const { cookie, extensions } = init;
  writeUint32(out, offset + 4, init.initiateTag);
  writeUint32(out, offset + 8, init.windowBytes);
  writeUint16(out, offset + 12, init.outboundStreams);
  writeUint16(out, offset + 14, init.inboundStreams);
  let at = writeUint32(out, offset + 16, init.initialTsn);
  let end = at;
  const add = (type: number, value: Uint8Array): void => {
    writeUint16(out, writeUint16(out, at, type), PARAMETER_HEADER_LENGTH + value.length);
    out.set(value, at + PARAMETER_HEADER_LENGTH);
    end = at + PARAMETER_HEADER_LENGTH + value.length;
    at = writePadding(out, end, at + paddedLength(end - at));
  };
  if (init.supportsForwardTsn) add(PARAMETER_FORWARD_TSN, new Uint8Array(0));
  if (init.acceptsZeroChecksum) add(PARAMETER_ZERO_CHECKSUM, Uint8Array.of(0, 0, 0, ZERO_CHECKSUM_DTLS));
  if (extensions.length > 0) add(PARAMETER_EXTENSIONS, Uint8Array.from(extensions));
  if (cookie !== undefined) add(PARAMETER_COOKIE, cookie);
  // The padding of the last parameter is also that of the chunk, whose length excludes it (RFC 9260 §3.2).
  writeChunkHeader(out, offset, cookie === undefined ? SctpChunkType.init : SctpChunkType.initAck, 0, end - offset);
  return at;
}

function readParameters(bytes: Uint8Array, from: number, end: number): Map<number, Uint8Array> | undefined {
  const parameters = new Map<number, Uint8Array>();
  let count = 0;
  for (let at = from; at < end; count++) {
    if (at + PARAMETER_HEADER_LENGTH > end || count === MAX_PARAMETERS) return undefined;
    const type = readUint16(bytes, at);
    const length = readUint16(bytes, at + 2);
    if (length < PARAMETER_HEADER_LENGTH || at + length > end) return undefined;
    const isKnown = type === PARAMETER_COOKIE || IGNORED_PARAMETERS.includes(type);
    if (!isKnown && (type & SKIP_BIT) === 0) break;
    parameters.set(type, bytes.slice(at + PARAMETER_HEADER_LENGTH, at + length));
    at += paddedLength(length);
  }
  return parameters;
}
