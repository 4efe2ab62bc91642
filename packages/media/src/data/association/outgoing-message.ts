/** Hears what becomes of the messages that it has sent. Calls come from within those into the association. */
export interface MessageSender {
  /** All of a message has been put into chunks. @param data as it was sent */
  onSent(protocolId: number, data: Uint8Array): void;
  /** A message was given up before any of it was sent. */
  onDropped(): void;
  /** So many bytes of messages, and of what their keeping costs, wait no longer. */
  onReleased(sizeBytes: number): void;
}

/** What a message is sent with. The bytes are shared and must not change until the message has arrived or was given up. */
export interface MessageToSend {
  readonly streamId: number;
  /** Payload protocol identifier (RFC 8831 §8). */
  readonly protocolId: number;
  /** Not empty: SCTP cannot carry nothing. */
  readonly data: Uint8Array;
  readonly isUnordered: boolean;
  /** How often a fragment may be sent again before the message is given up; Infinity if it is reliable. */
  readonly maxRetransmits: number;
  /** When the message is worth nothing any more; Infinity if it is reliable. */
  readonly expiresAtMs: number;
  /** When the message is not worth beginning any more; what was begun goes on. Default: never. */
  readonly staleAtMs?: number;
  /** It passes all that is not: DCEP, and what nodes say to each other, which is short. Default false. */
  readonly isUrgent?: boolean;
  readonly sender?: MessageSender;
}

/** A message on its way, from `send` to the last acknowledgement. */
export interface OutgoingMessage extends Required<Omit<MessageToSend, 'sender'>> {
  readonly sender: MessageSender | undefined;
  /** Stream sequence number or message identifier; given with the first fragment. */
  messageNumber: number;
  /** How many bytes have been put into chunks. */
  sentBytes: number;
  /** How many chunks they make. */
  fragments: number;
  /** The chunks are among these TSNs (unwrapped). */
  firstTsn: number;
  lastTsn: number;
  isAbandoned: boolean;
}

/** What a message costs beside its bytes, so that a million empty ones are bounded too. */
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
