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
}

/** A message on its way, from `send` to the last acknowledgement. */
export interface OutgoingMessage extends MessageToSend {
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

export function createOutgoingMessage(message: MessageToSend): OutgoingMessage {
  const { streamId, protocolId, data, isUnordered, maxRetransmits, expiresAtMs } = message;
  return {
    streamId,
    protocolId,
    data,
    isUnordered,
    maxRetransmits,
    expiresAtMs,
    messageNumber: 0,
    sentBytes: 0,
    fragments: 0,
    firstTsn: 0,
    lastTsn: 0,
    isAbandoned: false,
  };
}
