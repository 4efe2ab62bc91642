/** Receives events about the messages that it has sent. It is called from within calls into the association. */
export interface MessageSender {
  /** The last part of a message was put into a chunk. @param data as it was sent */
  onSent(protocolId: number, data: Uint8Array): void;
  /** A message was given up before any of it was sent. */
  onDropped(): void;
  /** Messages have left the buffer. @param sizeBytes their size, including overhead */
  onReleased(sizeBytes: number): void;
}

/** A message and the terms of its delivery. The bytes are shared, and must not change until the message has arrived or was given up. */
export interface MessageToSend {
  readonly streamId: number;
  /** Payload protocol identifier (RFC 8831 §8). */
  readonly protocolId: number;
  /** Not empty, since SCTP cannot carry an empty message. */
  readonly data: Uint8Array;
  readonly isUnordered: boolean;
  /** How often a fragment may be retransmitted before the message is given up; Infinity for a reliable message. */
  readonly maxRetransmits: number;
  /** When the message becomes worthless; Infinity for a reliable message. */
  readonly expiresAtMs: number;
  /** When it is too late to start sending the message; if it was started, it is still completed. Default: never. */
  readonly staleAtMs?: number;
  /**
   * Whether it takes precedence over messages that are not urgent. Used for DCEP and messages between nodes, which are short. Default:
   * false.
   */
  readonly isUrgent?: boolean;
  readonly sender?: MessageSender;
}

/** A message from `send` until its last acknowledgement. */
export interface OutgoingMessage extends Required<Omit<MessageToSend, 'sender'>> {
  readonly sender: MessageSender | undefined;
  /** Stream sequence number or message identifier, assigned with the first fragment. */
  messageNumber: number;
  /** How many bytes have been put into chunks. */
  sentBytes: number;
  /** Number of chunks that contain these bytes. */
  fragments: number;
  /** The range of unwrapped TSNs that the chunks are in. */
  firstTsn: number;
  lastTsn: number;
  isAbandoned: boolean;
}

/** Counted for each message in addition to its bytes, so that a million empty messages are limited too. */
export const MESSAGE_OVERHEAD_BYTES = 64;

export function createOutgoingMessage(message: MessageToSend): OutgoingMessage {
  const { streamId, protocolId, data, isUnordered, maxRetransmits, expiresAtMs } = message;
  return {
    streamId,
    protocolId,
    data,
    isUnordered,
    maxRetransmits,
    expiresAtMs,
    staleAtMs: message.staleAtMs ?? Number.POSITIVE_INFINITY,
    isUrgent: message.isUrgent ?? false,
    sender: message.sender,
    messageNumber: 0,
    sentBytes: 0,
    fragments: 0,
    firstTsn: 0,
    lastTsn: 0,
    isAbandoned: false,
  };
}
