/**
 * What messages of applications are on the wire: text or bytes, told apart by their protocol identifiers, which also
 * say that a message is empty.
 *
 * @see RFC 8831 §6.6, §8
 */
import { DataProtocol, encodeUtf8 } from '@causeway/wire';
import type { DataMessage } from './data-channel.ts';

/** What an empty message is sent as, since SCTP cannot carry nothing. */
const ONE_ZERO = Uint8Array.of(0);
const NOTHING = new Uint8Array(0);

/** @param data text as a string */
export function messageOf(data: Uint8Array | string): DataMessage {
  return typeof data === 'string' ? { kind: 'text', data: encodeUtf8(data) } : { kind: 'binary', data };
}

/** The payload protocol identifier that a message is sent with. */
export function protocolOf({ kind, data }: DataMessage): number {
  const { text, emptyText, binary, emptyBinary } = DataProtocol;
  if (data.length > 0) return kind === 'text' ? text : binary;
  return kind === 'text' ? emptyText : emptyBinary;
}

/** The bytes that a message is sent as. */
export function wireBytesOf({ data }: DataMessage): Uint8Array {
  return data.length > 0 ? data : ONE_ZERO;
}

/** Reads a message; undefined if it is none of an application. */
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

/** How long a message is, of which this was sent. */
export function payloadLength(protocolId: number, data: Uint8Array): number {
  return protocolId === DataProtocol.emptyText || protocolId === DataProtocol.emptyBinary ? 0 : data.length;
}
