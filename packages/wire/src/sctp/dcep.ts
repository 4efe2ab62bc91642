/**
 * The messages that open a data channel, and the protocol identifiers of messages on a channel.
 *
 * @see RFC 8831 §8, RFC 8832 §5
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';

/** Payload protocol identifiers. Empty messages have their own, since SCTP cannot carry empty user data. */
export const DataProtocol = { dcep: 50, text: 51, binary: 53, emptyText: 56, emptyBinary: 57 } as const;

/** The content of DATA_CHANNEL_OPEN. */
export interface DcepOpen {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  /** 128 below normal, 256 normal, 512 high, 1,024 extra high (RFC 8831 §6.4). */
  readonly priority: number;
  /** At most one of the two is given; neither if the channel is reliable. */
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: number | undefined;
}

/** A message of the Data Channel Establishment Protocol. */
export type DcepMessage = { readonly type: 'open'; readonly channel: DcepOpen } | { readonly type: 'ack' };

const MESSAGE_OPEN = 3;
const MESSAGE_ACK = 2;
const OPEN_HEADER_LENGTH = 12;
const UNORDERED_BIT = 0x80;
const RELIABILITY_MASK = 0x7f;
const RELIABLE = 0;
const LIMITED_RETRANSMITS = 1;
const LIMITED_LIFETIME = 2;
const MAX_TEXT_BYTES = 255;

/** Parses a message; undefined for any other content, and for labels or protocols above 255 bytes. */
export function parseDcep(message: Uint8Array): DcepMessage | undefined {
  if (message.length === 1 && message[0] === MESSAGE_ACK) return { type: 'ack' };
  if (message.length < OPEN_HEADER_LENGTH || message[0] !== MESSAGE_OPEN) return undefined;
  const channelType = message[1];
  const reliability = channelType & RELIABILITY_MASK;
  const parameter = readUint32(message, 4);
  const labelLength = readUint16(message, 8);
  const protocolLength = readUint16(message, 10);
  const labelEnd = OPEN_HEADER_LENGTH + labelLength;
  if (reliability > LIMITED_LIFETIME || labelLength > MAX_TEXT_BYTES || protocolLength > MAX_TEXT_BYTES) return undefined;
  if (message.length !== labelEnd + protocolLength) return undefined;
  const channel = {
    label: decodeUtf8(message, OPEN_HEADER_LENGTH, labelEnd),
    protocol: decodeUtf8(message, labelEnd, message.length),
    ordered: (channelType & UNORDERED_BIT) === 0,
    priority: readUint16(message, 2),
    maxRetransmits: reliability === LIMITED_RETRANSMITS ? parameter : undefined,
    maxPacketLifeTimeMs: reliability === LIMITED_LIFETIME ? parameter : undefined,
  };
  return { type: 'open', channel };
}

/** Writes the message that opens a data channel. */
export function writeDcepOpen(channel: DcepOpen): Uint8Array {
  const { ordered, priority, maxRetransmits, maxPacketLifeTimeMs } = channel;
  const label = encodeUtf8(channel.label);
  const protocol = encodeUtf8(channel.protocol);
  const message = new Uint8Array(OPEN_HEADER_LENGTH + label.length + protocol.length);
  message[0] = MESSAGE_OPEN;
  message[1] = reliabilityOf(channel) | (ordered ? 0 : UNORDERED_BIT);
  writeUint16(message, 2, priority);
  writeUint32(message, 4, maxRetransmits ?? maxPacketLifeTimeMs ?? 0);
  writeUint16(message, 8, label.length);
  writeUint16(message, 10, protocol.length);
  message.set(label, OPEN_HEADER_LENGTH);
  message.set(protocol, OPEN_HEADER_LENGTH + label.length);
  return message;
}

/** Writes the message that accepts a data channel. */
export function writeDcepAck(): Uint8Array {
  return Uint8Array.of(MESSAGE_ACK);
}

function reliabilityOf({ maxRetransmits, maxPacketLifeTimeMs }: DcepOpen): number {
  if (maxRetransmits !== undefined) return LIMITED_RETRANSMITS;
  return maxPacketLifeTimeMs !== undefined ? LIMITED_LIFETIME : RELIABLE;
}
