/** The messages that open a data channel. @see RFC 8832 §5 */
import type { DataChannelInfo } from '@causeway/media';

const MESSAGE_OPEN = 3;
const MESSAGE_ACK = 2;
const OPEN_HEADER_LENGTH = 12;
const UNORDERED_BIT = 0x80;
const RELIABILITY_MASK = 0x7f;
const RELIABLE = 0;
const PARTIAL_RELIABLE_RETRANSMITS = 1;
const PARTIAL_RELIABLE_TIME = 2;
const MAX_TEXT_BYTES = 255;

export type DcepMessage = { readonly kind: 'open'; readonly channel: DataChannelInfo } | { readonly kind: 'ack' };

/** @returns undefined for anything else, and for labels or protocols longer than 255 bytes */
export function parseDcep(streamId: number, message: Buffer): DcepMessage | undefined {
  if (message.length === 1 && message[0] === MESSAGE_ACK) return { kind: 'ack' };
  if (message.length < OPEN_HEADER_LENGTH || message[0] !== MESSAGE_OPEN) return undefined;
  const channelType = message[1];
  const reliability = channelType & RELIABILITY_MASK;
  const parameter = message.readUInt32BE(4);
  const labelLength = message.readUInt16BE(8);
  const protocolLength = message.readUInt16BE(10);
  const labelEnd = OPEN_HEADER_LENGTH + labelLength;
  if (reliability > PARTIAL_RELIABLE_TIME || labelLength > MAX_TEXT_BYTES || protocolLength > MAX_TEXT_BYTES) return undefined;
  if (message.length !== labelEnd + protocolLength) return undefined;
  const channel = {
    streamId,
    label: message.toString('utf8', OPEN_HEADER_LENGTH, labelEnd),
    protocol: message.toString('utf8', labelEnd),
    ordered: (channelType & UNORDERED_BIT) === 0,
    maxRetransmits: reliability === PARTIAL_RELIABLE_RETRANSMITS ? parameter : undefined,
    maxPacketLifeTimeMs: reliability === PARTIAL_RELIABLE_TIME ? parameter : undefined,
  };
  return { kind: 'open', channel };
}

export function writeDcepOpen(channel: DataChannelInfo): Buffer {
  const { label, protocol, ordered, maxRetransmits, maxPacketLifeTimeMs } = channel;
  const labelBytes = Buffer.from(label, 'utf8');
  const protocolBytes = Buffer.from(protocol, 'utf8');
  const header = Buffer.alloc(OPEN_HEADER_LENGTH);
  header[0] = MESSAGE_OPEN;
  header[1] = reliabilityOf(channel) | (ordered ? 0 : UNORDERED_BIT);
  header.writeUInt32BE(maxRetransmits ?? maxPacketLifeTimeMs ?? 0, 4);
  header.writeUInt16BE(labelBytes.length, 8);
  header.writeUInt16BE(protocolBytes.length, 10);
  return Buffer.concat([header, labelBytes, protocolBytes]);
}

export function writeDcepAck(): Buffer {
  return Buffer.of(MESSAGE_ACK);
}

function reliabilityOf({ maxRetransmits, maxPacketLifeTimeMs }: DataChannelInfo): number {
  if (maxRetransmits !== undefined) return PARTIAL_RELIABLE_RETRANSMITS;
  return maxPacketLifeTimeMs !== undefined ? PARTIAL_RELIABLE_TIME : RELIABLE;
}
