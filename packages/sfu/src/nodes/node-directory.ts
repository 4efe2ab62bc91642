/** The nodes of a cluster, as each of them describes itself. */
import type { CertificateFingerprint, IceCredentials } from '@causeway/media';

/** One life of one node. */
export interface NodeIdentity {
  readonly nodeNo: number;
  readonly epoch: number;
}

/** What two nodes derive from the cluster key, each for itself, so that a link needs no signalling. */
export interface LinkTrust {
  /**
   * The same on both nodes, and different for every pair of lives. Each ufrag starts with the prefix of shard 0, where links live.
   *
   * @param initiator the node that reaches out, the lower number
   */
  credentials(initiator: NodeIdentity, acceptor: NodeIdentity): { readonly initiator: IceCredentials; readonly acceptor: IceCredentials };
}

/** `stressed` nodes get no new sessions while others can take them, `draining` ones none at all. */
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

/** How a node describes itself to the others. */
export interface NodeRecord extends NodeIdentity {
  /** The number in the ids of its sessions. */
  readonly nodeNo: number;
  /** Which life of the node number this is: higher is newer, and only the newest is alive. */
  readonly epoch: number;
  readonly region: string;
  /** Undefined if its operator configured none; such a node is never the nearest. */
  readonly location: GeoPoint | undefined;
  /** Base URL that other nodes pass calls on to. */
  readonly apiUrl: string;
  /** Where links reach it, best first. */
  readonly linkAddresses: readonly SocketAddress[];
  /** Fingerprint of the certificate that its end of a link shows. */
  readonly fingerprint: CertificateFingerprint;
  /** Versions of the control protocol on links that it speaks. */
  readonly linkVersions: { readonly min: number; readonly max: number };
  readonly softwareVersion: string;
  readonly state: NodeState;
  /** 0 (idle) to 1 (full). */
  readonly load: number;
  /** How often, in this life, its ends of links were lost without notice to the other ends. Default 0. */
  readonly linkLosses?: number | undefined;
}

/** The parts of its description that a node may change. */
export type NodeNews = Partial<Pick<NodeRecord, 'state' | 'load' | 'linkLosses'>>;

/** Why a node is no longer listed: it fell silent, a newer life of it began, or it said goodbye. */
export type NodeGoneReason = 'lease-ended' | 'superseded' | 'left';

/** Told after the directory has changed: `others` and `find` already show the news. */
export interface NodeListener {
  /** A node is there, or its record changed. */
  onNodePut(record: NodeRecord): void;
  /** A newer epoch of the same number is reported as the removal of the old one (`superseded`) and then the new one. */
  onNodeGone(record: NodeRecord, why: NodeGoneReason): void;
}

/** Knows this node and all other live nodes of the cluster. */
export interface NodeDirectory {
  readonly self: NodeRecord;
  /** Live nodes as last known, this one excluded. Never fails; with Redis down what was known last stays known until a link says otherwise. */
  readonly others: readonly NodeRecord[];
  /**
   * The regions of this node and of all nodes it has heard of; a region stays known when its last node is gone, because
   * a node may come back.
   */
  readonly knownRegions: ReadonlySet<string>;
  /** @returns the live node of that number, this one included; undefined if there is none */
  find(nodeNo: number): NodeRecord | undefined;
  /**
   * Tells what changes from now on; what is known already is in `others`.
   *
   * @returns stops the telling
   */
  watch(listener: NodeListener): () => void;
  /** Changes this node's description; others learn of it within a few seconds. */
  announce(change: NodeNews): void;
}
