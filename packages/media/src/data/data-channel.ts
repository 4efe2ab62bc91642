import { DataProtocol, encodeUtf8 } from '@causeway/wire';
import type { MessageSender } from './association/outgoing-message.ts';

/** A data channel as described by its DCEP OPEN (RFC 8832 §5.1). */
export interface DataChannelInfo {
  readonly streamId: number;
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  /** At most one of the two limits is set. A channel with neither is reliable. */
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: number | undefined;
}

/** The parameters of a channel to open. Channels are reliable and ordered by default. */
export type DataChannelRequest = Partial<Omit<DataChannelInfo, 'streamId' | 'label'>> & Pick<DataChannelInfo, 'label'>;

/** Whether a message is text or bytes. */
export type DataKind = 'text' | 'binary';

/** A message, shared by everything that forwards it, so its bytes must not change. Text is UTF-8 that has not been validated. */
export interface DataMessage {
  readonly kind: DataKind;
  /** May be empty. */
  readonly data: Uint8Array;
}

/** How a message is sent, which may differ from how its channel was opened. */
export interface DataTerms {
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: number | undefined;
  /** How long the message may wait to be sent; Infinity if it is useful no matter how late. */
  readonly maxWaitMs: number;
  readonly sender: MessageSender;
}

/**
 * - `waiting`: there is no association yet.
 * - `announced`: OPEN was sent, and messages may follow it, but its ACK has not arrived.
 * - `closing`: our side has been reset.
 * - `left`: the peer has reset its side and we ours, but the peer has not confirmed ours yet.
 * - `confirmed`: the peer has confirmed our reset, but has not reset its own side yet.
 */
export type ChannelState = 'waiting' | 'announced' | 'open' | 'closing' | 'left' | 'confirmed';

export interface Channel {
  readonly info: DataChannelInfo;
  /** Whether the channel was set up without DCEP. */
  readonly isNegotiated: boolean;
  state: ChannelState;
}

/** Whether messages can be sent on the channel. They may follow our OPEN immediately (RFC 8832 §6). */
export function isWritable({ state }: Channel): boolean {
  return state === 'open' || state === 'announced';
}

/** Whether neither end has started to close the channel. */
export function isWanted(channel: Channel): boolean {
  return isWritable(channel) || channel.state === 'waiting';
}

/**
 * Whether a message has to be sent in order. Until the peer has confirmed our OPEN all messages are ordered, since none may overtake it
 * (RFC 8832 §6).
 */
export function isOrdered({ state }: Channel, { ordered }: { readonly ordered: boolean }): boolean {
  return ordered || state !== 'open';
}

// The payload protocol identifier distinguishes text from bytes, and marks empty messages (RFC 8831 §6.6, §8).

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
