import type { MessageSender } from './association/outgoing-message.ts';

/** A data channel as its DCEP OPEN described it (RFC 8832 §5.1). */
export interface DataChannelInfo {
  readonly streamId: number;
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  /** At most one of the two limits is given; a channel with neither is reliable. */
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: number | undefined;
}

/** What a channel is opened with; reliable and ordered unless told otherwise. */
export type DataChannelRequest = Partial<Omit<DataChannelInfo, 'streamId' | 'label'>> & Pick<DataChannelInfo, 'label'>;

/** Whether a message is text or bytes. */
export type DataKind = 'text' | 'binary';

/** One message, shared by all who send it on: the bytes never change. Text is UTF-8 that has not been checked. */
export interface DataMessage {
  readonly kind: DataKind;
  /** May be empty. */
  readonly data: Uint8Array;
}

/** How a message is sent on a channel: not always as the channel was opened. */
export interface DataTerms {
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: number | undefined;
  /** How long the message may wait for its turn; Infinity if it is worth sending however late. */
  readonly maxWaitMs: number;
  readonly sender: MessageSender;
}
