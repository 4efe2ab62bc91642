import type { DataChannelRecord, TrackRecord, TrackReference } from '../registry/index.ts';

/** What the node that owns a session says of a track of it. */
export interface OwnerAnswer {
  readonly hasSession: boolean;
  readonly track: TrackRecord | undefined;
}

/** What it says of a data channel. */
export interface OwnerDataAnswer {
  readonly hasSession: boolean;
  readonly channel: DataChannelRecord | undefined;
}

export interface DataChannelReference {
  readonly sessionId: string;
  readonly dataChannelName: string;
}

export type OwnerReference = TrackReference | DataChannelReference;

/** Tracks and data channels of sessions on other nodes, as sessions here may use them. Declared by the sessions; relays implement it. */
export interface RemoteTracks {
  /** @returns the node that a session lives on if that is another one */
  ownerOf(sessionId: string): number | undefined;
  /** Whether a track of that node can be brought here, now or in a moment. */
  canReach(nodeNo: number): boolean;
  /** Whether that node is of a version that lets data channels go to others. */
  carriesData(nodeNo: number): boolean;
  /**
   * Makes a track known here, so that it can be subscribed to like one of this node.
   *
   * @returns false if it has ended, as its owner has said
   */
  admit(record: TrackRecord): boolean;
  /** As `admit`, a data channel. */
  admitData(record: DataChannelRecord): boolean;
  /** Whether its owner itself keeps this node up to date about the track or data channel, so that no other node need be asked. */
  isKnownFirstHand(publicationId: string): boolean;
  /** @returns undefined if the owner cannot be asked, or does not answer in time */
  ask(appId: string, reference: TrackReference): Promise<OwnerAnswer | undefined>;
  /** As `ask`, about a data channel. */
  askData(appId: string, reference: DataChannelReference): Promise<OwnerDataAnswer | undefined>;
}
