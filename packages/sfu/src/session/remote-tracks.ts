import type { DataChannelRecord, TrackRecord, TrackReference } from '../registry/index.ts';

/** What the owner of a session reports about one of its tracks. */
export interface OwnerAnswer {
  readonly hasSession: boolean;
  readonly track: TrackRecord | undefined;
}

/** What the owner of a session reports about one of its data channels. */
export interface OwnerDataAnswer {
  readonly hasSession: boolean;
  readonly channel: DataChannelRecord | undefined;
}

export interface DataChannelReference {
  readonly sessionId: string;
  readonly dataChannelName: string;
}

export type OwnerReference = TrackReference | DataChannelReference;

/** Tracks and data channels of sessions on other nodes, as local sessions use them. Relays implement it. */
export interface RemoteTracks {
  /** @returns the node that owns the session if it is not this one */
  ownerOf(sessionId: string): number | undefined;
  /** Whether a track of that node can be relayed here, now or in a moment. */
  canReach(nodeNo: number): boolean;
  /** Whether that node's version can relay data channels. */
  carriesData(nodeNo: number): boolean;
  /**
   * Makes a track known here, so that it can be subscribed to like a local one.
   *
   * @returns false if its owner has reported that it ended
   */
  admit(record: TrackRecord): boolean;
  /** Like `admit`, for a data channel. */
  admitData(record: DataChannelRecord): boolean;
  /** Whether the owner itself keeps this node up to date about the publication, so that no other node need be asked. */
  isKnownFirstHand(publicationId: string): boolean;
  /** @returns undefined if the owner cannot be asked, or does not answer in time */
  ask(appId: string, reference: TrackReference): Promise<OwnerAnswer | undefined>;
  /** Like `ask`, for a data channel. */
  askData(appId: string, reference: DataChannelReference): Promise<OwnerDataAnswer | undefined>;
}
