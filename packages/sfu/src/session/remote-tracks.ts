import type { TrackRecord, TrackReference } from '../registry/index.ts';

/** What the node that owns a session says of a track of it. */
export interface OwnerAnswer {
  readonly hasSession: boolean;
  readonly track: TrackRecord | undefined;
}

/** Tracks of sessions on other nodes, as sessions here may use them. Declared by the sessions; relays implement it. */
export interface RemoteTracks {
  /** @returns the node that a session lives on if that is another one */
  ownerOf(sessionId: string): number | undefined;
  /** Whether a track of that node can be brought here, now or in a moment. */
  canReach(nodeNo: number): boolean;
  /**
   * Makes a track known here, so that it can be subscribed to like one of this node.
   *
   * @returns false if it has ended, as its owner has said
   */
  admit(record: TrackRecord): boolean;
  /** Whether its owner itself keeps this node up to date about the track, so that nobody else need be asked. */
  isKnownFirstHand(publicationId: string): boolean;
  /** @returns undefined if the owner cannot be asked, or does not answer in time */
  ask(appId: string, reference: TrackReference): Promise<OwnerAnswer | undefined>;
}
