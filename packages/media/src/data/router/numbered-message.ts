/**
 * A message with the number that its publication gave it. Between copies of one publication, on other threads or nodes,
 * the number travels in front of the payload: a subscription that moves from one copy to another knows by it what it has received.
 *
 * Layout: 6 bytes of serial number, then 6 bytes that say which subscriber has sent the message; both big-endian.
 *
 * @see docs/adr/0028-data-crosses-regions-in-numbered-copies.md
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '@causeway/wire';
import type { DataMessage } from '../data-channel.ts';

export interface NumberedMessage {
  /** From 1 on, in the order of the publication; 0 for a reply, which has yet to be numbered. */
  readonly serial: number;
  /** The subscriber that it came from, which does not get it back on a bus; 0 if it came from the publisher. */
  readonly origin: number;
  readonly message: DataMessage;
}

const NUMBER_LENGTH = 12;
/** Serial numbers and origins have 48 bits. */
export const MAX_NUMBER = 2 ** 48 - 1;
/** In place of an origin: it is a `CopyStart`. */
const START = MAX_NUMBER;
const ORIGIN_OFFSET = 6;
const START_LENGTH = 2 * 6;
const UINT32 = 2 ** 32;

/** What the other end of a link is told before any message: the copy catches up with so many messages, and is complete then. */
export interface CopyStart {
  /** The number before that of the first message that follows. */
  readonly afterSerial: number;
  /** The number of the last message that it catches up with; later ones may overtake these if they are not ordered. */
  readonly lastSerial: number;
  readonly messages: number;
}

export function writeCopyStart({ afterSerial, lastSerial, messages }: CopyStart): DataMessage {
  const data = new Uint8Array(START_LENGTH);
  writeUint48(data, 0, lastSerial);
  writeUint48(data, 6, messages);
  return withNumber({ serial: afterSerial, origin: START, message: { kind: 'binary', data } });
}

/** @returns undefined if the message is one of an application */
export function readCopyStart({ serial, origin, message: { data } }: NumberedMessage): CopyStart | undefined {
  if (origin !== START || data.length !== START_LENGTH) return undefined;
  return { afterSerial: serial, lastSerial: readUint48(data, 0), messages: readUint48(data, 6) };
}

/** The message as it crosses to a copy. */
export function withNumber({ serial, origin, message }: NumberedMessage): DataMessage {
  const data = new Uint8Array(NUMBER_LENGTH + message.data.length);
  writeUint48(data, 0, serial);
  writeUint48(data, ORIGIN_OFFSET, origin);
  data.set(message.data, NUMBER_LENGTH);
  return { kind: message.kind, data };
}

/** @returns undefined if it has no number; the bytes of the message are those that it came in */
export function readNumbered({ kind, data }: DataMessage): NumberedMessage | undefined {
  if (data.length < NUMBER_LENGTH) return undefined;
  const serial = readUint48(data, 0);
  const origin = readUint48(data, ORIGIN_OFFSET);
  return { serial, origin, message: { kind, data: data.subarray(NUMBER_LENGTH) } };
}

/** How long the message is of an application that was sent with a number; 0 for a `CopyStart`. */
export function numberedPayloadLength(data: Uint8Array): number {
  return readUint48(data, ORIGIN_OFFSET) === START ? 0 : data.length - NUMBER_LENGTH;
}

function writeUint48(bytes: Uint8Array, offset: number, value: number): void {
  writeUint16(bytes, offset, Math.floor(value / UINT32));
  writeUint32(bytes, offset + 2, value % UINT32);
}

function readUint48(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset) * UINT32 + readUint32(bytes, offset + 2);
}
