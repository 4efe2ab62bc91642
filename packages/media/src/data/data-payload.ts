/**
 * The wire format of application messages. The payload protocol identifier distinguishes text from bytes, and marks empty messages.
 *
 * @see RFC 8831 §6.6, §8
 */
import { DataProtocol, encodeUtf8 } from '@causeway/wire';
import type { DataMessage } from './data-channel.ts';

/** Sent for an empty message, since SCTP cannot carry one. */
const ONE_ZERO = Uint8Array.of(0);
const NOTHING = new Uint8Array(0);

/** @param data a string for a text message */
export function messageOf(data: Uint8Array | string): DataMessage {
  return typeof data === 'string' ? { kind: 'text', data: encodeUtf8(data) } : { kind: 'binary', data };
}

/** The payload protocol identifier of a message. */
export function protocolOf({ kind, data }: DataMessage): number {
  const { text, emptyText, binary, emptyBinary } = DataProtocol;
  if (data.length > 0) return kind === 'text' ? text : binary;
  return kind === 'text' ? emptyText : emptyBinary;
}

/** The bytes that a message is sent as. */
export function wireBytesOf({ data }: DataMessage): Uint8Array {
  return data.length > 0 ? data : ONE_ZERO;
}

/** Reads a message; undefined if it is not an application message. */
export function readMessage(protocolId: number, data: Uint8Array): DataMessage | undefined {
  switch (protocolId) {
    case DataProtocol.text:
      return { kind: 'text', data };
    case DataProtocol.binary:
      return { kind: 'binary', data };
    case DataProtocol.emptyText:
      return { kind: 'text', data: NOTHING };
    case DataProtocol.emptyBinary:
      return { kind: 'binary', data: NOTHING };
    default:
      return undefined;
  }
}

/** The length of the message that was sent as these bytes. */
export function payloadLength(protocolId: number, data: Uint8Array): number {
  return protocolId === DataProtocol.emptyText || protocolId === DataProtocol.emptyBinary ? 0 : data.length;
}
