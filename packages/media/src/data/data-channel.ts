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
