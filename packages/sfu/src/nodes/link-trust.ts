import type { IceCredentials } from '@causeway/media';

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
