/** The nodes of a cluster as they describe themselves. */
import type { CertificateFingerprint, IceCredentials } from '@causeway/media';

/** One life of one node. */
export interface NodeIdentity {
  readonly nodeNo: number;
  readonly epoch: number;
}

/** Secrets that two nodes each derive from the cluster key, so that a link needs no signalling. */
export interface LinkTrust {
  /**
   * Returns the ICE credentials of a link. They are the same on both nodes and different for every pair of lives. Each
   * ufrag starts with the prefix of shard 0, which owns the links.
   *
   * @param initiator the node that opens the link, which has the lower number
   */
  credentials(initiator: NodeIdentity, acceptor: NodeIdentity): { readonly initiator: IceCredentials; readonly acceptor: IceCredentials };
}

/** A `stressed` node gets no new sessions while others can take them; a `draining` one gets none at all. */
export type NodeState = 'serving' | 'stressed' | 'draining';

/** An IP address and a port. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** A place on earth. */
export interface GeoPoint {
  readonly latitudeDegrees: number;
  readonly longitudeDegrees: number;
}

/** What a node announces to the others. */
export interface NodeRecord extends NodeIdentity {
  /** The number in the ids of its sessions. */
  readonly nodeNo: number;
  /** The life of the node: a higher epoch is newer, and only the newest is alive. */
  readonly epoch: number;
  readonly region: string;
  /** Undefined if the operator configured none; the node then never counts as the nearest. */
  readonly location: GeoPoint | undefined;
  /** Base URL to which other nodes forward calls. */
  readonly apiUrl: string;
  /** Addresses for links to this node, best first. */
  readonly linkAddresses: readonly SocketAddress[];
  /** Fingerprint of the certificate that it presents on links. */
  readonly fingerprint: CertificateFingerprint;
  /** Versions of the links' control protocol that it supports. */
  readonly linkVersions: { readonly min: number; readonly max: number };
  readonly softwareVersion: string;
  readonly state: NodeState;
  /** 0 (idle) to 1 (full). */
  readonly load: number;
  /** How often, in this life, it lost its end of a link without notice to the other end. Default 0. */
  readonly linkLosses?: number | undefined;
  /** Whether it keeps books, so that it answers the admin API. Default false. */
  readonly keepsBooks?: boolean | undefined;
}

/** The fields of its record that a node may change. */
export type NodeNews = Partial<Pick<NodeRecord, 'state' | 'load' | 'linkLosses'>>;

/** Why a node is no longer listed: its lease lapsed, a newer life began, or it left. */
export type NodeGoneReason = 'lease-ended' | 'superseded' | 'left';

/** Called after the directory has changed: `others` and `find` already reflect the change. */
export interface NodeListener {
  /** A node was added, or its record changed. */
  onNodePut(record: NodeRecord): void;
  /** A newer epoch of the same number is reported as the removal of the old node (`superseded`), followed by the new one. */
  onNodeGone(record: NodeRecord, why: NodeGoneReason): void;
}

/** Knows this node and all other live nodes of the cluster. */
export interface NodeDirectory {
  readonly self: NodeRecord;
  /** Other live nodes as last known. Never fails: if Redis is down, it returns the last known nodes until a link shows otherwise. */
  readonly others: readonly NodeRecord[];
  /**
   * The regions of this node and of all nodes it has ever seen. A region stays known after its last node is gone,
   * because a node may come back.
   */
  readonly knownRegions: ReadonlySet<string>;
  /** @returns the live node of that number, which may be this one; undefined if there is none */
  find(nodeNo: number): NodeRecord | undefined;
  /**
   * Reports later changes; the present nodes are in `others`.
   *
   * @returns a function that stops the reports
   */
  watch(listener: NodeListener): () => void;
  /** Changes this node's record. Other nodes see the change within a few seconds. */
  announce(change: NodeNews): void;
}
