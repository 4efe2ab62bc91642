/**
 * A message with the number that its publication gave it. The number precedes the payload where copies of a publication
 * on other threads or nodes receive it. A subscription that moves from one copy to another knows by it what it has received.
 *
 * Layout: 6 bytes for the serial number, then 6 bytes that identify the subscriber that sent the message; both big-endian.
 *
 * @see docs/adr/0028-data-crosses-regions-in-numbered-copies.md
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '@causeway/wire';
import type { DataMessage } from '../data-channel.ts';

export interface NumberedMessage {
  /** Starts at 1, in the order of the publication; 0 for a reply, which is not numbered yet. */
  readonly serial: number;
  /** The subscriber that sent the message, which does not receive it back on a bus; 0 for the publisher. */
  readonly origin: number;
  readonly message: DataMessage;
}

const NUMBER_LENGTH = 12;
/** Serial numbers and origins have 48 bits. */
export const MAX_NUMBER = 2 ** 48 - 1;
/** Used as the origin of a `CopyStart`. */
const START = MAX_NUMBER;
const ORIGIN_OFFSET = 6;
const START_LENGTH = 2 * 6;
const UINT32 = 2 ** 32;

/** Sent over a link before any message. It says how many messages the copy has to receive until it is complete. */
export interface CopyStart {
  /** The number before that of the first message that follows. */
  readonly afterSerial: number;
  /** Number of the last message to catch up with. Later messages may overtake these if they are not ordered. */
  readonly lastSerial: number;
  readonly messages: number;
}

export function writeCopyStart({ afterSerial, lastSerial, messages }: CopyStart): DataMessage {
  const data = new Uint8Array(START_LENGTH);
  writeUint48(data, 0, lastSerial);
  writeUint48(data, 6, messages);
  return withNumber({ serial: afterSerial, origin: START, message: { kind: 'binary', data } });
}

/** @returns undefined if it is an application message */
export function readCopyStart({ serial, origin, message: { data } }: NumberedMessage): CopyStart | undefined {
  if (origin !== START || data.length !== START_LENGTH) return undefined;
  return { afterSerial: serial, lastSerial: readUint48(data, 0), messages: readUint48(data, 6) };
}

/** The message as it is sent to a copy. */
export function withNumber({ serial, origin, message }: NumberedMessage): DataMessage {
  const data = new Uint8Array(NUMBER_LENGTH + message.data.length);
  writeUint48(data, 0, serial);
  writeUint48(data, ORIGIN_OFFSET, origin);
  data.set(message.data, NUMBER_LENGTH);
  return { kind: message.kind, data };
}

/** @returns undefined if the message has no number; its payload is a view on the same bytes */
export function readNumbered({ kind, data }: DataMessage): NumberedMessage | undefined {
  if (data.length < NUMBER_LENGTH) return undefined;
  const serial = readUint48(data, 0);
  const origin = readUint48(data, ORIGIN_OFFSET);
  return { serial, origin, message: { kind, data: data.subarray(NUMBER_LENGTH) } };
}

/** Length of an application message that was sent with a number; 0 for a `CopyStart`. */
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
