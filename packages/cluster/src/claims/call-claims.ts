import type { AppId } from '@causeway/protocol';
import type { NodeIdentity } from '@causeway/sfu';

/**
 * Which node carries out the calls that have an Idempotency-Key, wherever they come in: the node keeps the reply, and all that nodes
 * need to agree on is who it is. Every implementation passes `callClaimsContract`.
 */
export interface CallClaims {
  /**
   * Claims a key for a node, for 10 minutes.
   *
   * @param key 1 to 64 letters, digits, `-` and `_`; of this app alone
   * @param voidHolder a holder that is dead or refuses, and whose claim may therefore be taken over
   * @returns the holder: `node`, or whoever was first; rejects if nobody can tell now
   */
  claim(appId: AppId, key: string, node: NodeIdentity, voidHolder: NodeIdentity | undefined): Promise<NodeIdentity>;
}
