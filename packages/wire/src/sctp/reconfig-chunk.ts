/**
 * RE-CONFIG: resets streams, which closes their data channels.
 *
 * @see RFC 6525 §3.1, §4
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { paddedLength, SctpChunkType, writeChunkHeader, writePadding } from './sctp-packet.ts';

/** A request to reset outgoing streams of its sender. */
export interface OutgoingResetRequest {
  readonly type: 'outgoing-reset';
  readonly requestSequence: number;
  readonly responseSequence: number;
  /** The last TSN before the reset, which takes effect once everything up to it has arrived. */
  readonly lastTsn: number;
  /** Empty for all streams. */
  readonly streamIds: readonly number[];
}

/** A request that is always refused: to reset the outgoing streams of its receiver, or to add streams. */
export interface UnsupportedReconfigRequest {
  readonly type: 'unsupported';
  readonly requestSequence: number;
}

/** The response to a request to reset streams. */
export interface ReconfigResponse {
  readonly type: 'response';
  readonly responseSequence: number;
  readonly result: number;
}

/** A parameter of a RE-CONFIG chunk that this package reads. */
export type ReconfigParameter = OutgoingResetRequest | UnsupportedReconfigRequest | ReconfigResponse;

/** Result codes (RFC 6525 §4.4). */
export const ReconfigResult = { nothingToDo: 0, performed: 1, denied: 2, badSequence: 5, inProgress: 6 } as const;

const CHUNK_HEADER_LENGTH = 4;
/** A chunk contains at most a request and a response, or two requests (RFC 6525 §3.1). */
const MAX_PARAMETERS = 2;
const PARAMETER_OUTGOING_RESET = 13;
const PARAMETER_INCOMING_RESET = 14;
const PARAMETER_ADD_INCOMING_STREAMS = 18;
const PARAMETER_RESPONSE = 16;
const OUTGOING_RESET_LENGTH = 16;
const SHORTEST_REQUEST_LENGTH = 8;
const RESPONSE_LENGTH = 12;

/** Parses the chunk from `start` to `end`; undefined if a parameter is not defined in RFC 6525, or has an invalid length. */
export function parseReconfig(bytes: Uint8Array, start: number, end: number): ReconfigParameter[] | undefined {
  const parameters: ReconfigParameter[] = [];
  for (let at = start + CHUNK_HEADER_LENGTH; at < end; ) {
    if (at + CHUNK_HEADER_LENGTH > end || parameters.length === MAX_PARAMETERS) return undefined;
    const length = readUint16(bytes, at + 2);
    if (length < CHUNK_HEADER_LENGTH || at + length > end) return undefined;
    const parameter = parseParameter(bytes, at, length);
    if (parameter === undefined) return undefined;
    parameters.push(parameter);
    at += paddedLength(length);
  }
  return parameters.length === 0 ? undefined : parameters;
}

/** @returns the offset after the chunk's padding */
export function writeReconfig(out: Uint8Array, offset: number, parameter: OutgoingResetRequest | ReconfigResponse): number {
  const at = offset + CHUNK_HEADER_LENGTH;
  const end = parameter.type === 'response' ? writeResponse(out, at, parameter) : writeOutgoingReset(out, at, parameter);
  writeChunkHeader(out, offset, SctpChunkType.reconfig, 0, end - offset);
  return writePadding(out, end, offset + paddedLength(end - offset));
}

function parseParameter(bytes: Uint8Array, at: number, length: number): ReconfigParameter | undefined {
  const type = readUint16(bytes, at);
  if (type === PARAMETER_OUTGOING_RESET) return parseOutgoingReset(bytes, at, length);
  if (type === PARAMETER_RESPONSE) {
    if (length < RESPONSE_LENGTH) return undefined;
    return { type: 'response', responseSequence: readUint32(bytes, at + 4), result: readUint32(bytes, at + 8) };
  }
  if (type < PARAMETER_INCOMING_RESET || type > PARAMETER_ADD_INCOMING_STREAMS || length < SHORTEST_REQUEST_LENGTH) return undefined;
  return { type: 'unsupported', requestSequence: readUint32(bytes, at + 4) };
}

function parseOutgoingReset(bytes: Uint8Array, at: number, length: number): OutgoingResetRequest | undefined {
  if (length < OUTGOING_RESET_LENGTH || length % 2 !== 0) return undefined;
  const streamIds: number[] = [];
  for (let from = at + OUTGOING_RESET_LENGTH; from < at + length; from += 2) streamIds.push(readUint16(bytes, from));
  return {
    type: 'outgoing-reset',
    requestSequence: readUint32(bytes, at + 4),
    responseSequence: readUint32(bytes, at + 8),
    lastTsn: readUint32(bytes, at + 12),
    streamIds,
  };
}

function writeOutgoingReset(out: Uint8Array, at: number, request: OutgoingResetRequest): number {
  const { streamIds } = request;
  writeUint16(out, writeUint16(out, at, PARAMETER_OUTGOING_RESET), OUTGOING_RESET_LENGTH + 2 * streamIds.length);
  writeUint32(out, at + 4, request.requestSequence);
  writeUint32(out, at + 8, request.responseSequence);
  let end = writeUint32(out, at + 12, request.lastTsn);
  for (const streamId of streamIds) end = writeUint16(out, end, streamId);
  return end;
}

function writeResponse(out: Uint8Array, at: number, { responseSequence, result }: ReconfigResponse): number {
  writeUint16(out, writeUint16(out, at, PARAMETER_RESPONSE), RESPONSE_LENGTH);
  return writeUint32(out, writeUint32(out, at + 4, responseSequence), result);
}
