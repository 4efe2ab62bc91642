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
