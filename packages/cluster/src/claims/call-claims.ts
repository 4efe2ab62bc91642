import type { AppId } from '@causeway/protocol';
import type { NodeIdentity } from '@causeway/sfu';

/**
 * Decides which node carries out a call that has an Idempotency-Key, whichever node receives it. That node keeps the
 * reply, so the nodes only have to agree on which one it is. Every implementation passes `callClaimsContract`.
 */
export interface CallClaims {
  /**
   * Claims a key for a node, for 10 minutes.
   *
   * @param key 1 to 64 letters, digits, `-` and `_`; unique within the app
   * @param voidHolder a holder that is dead or refuses the call, and whose claim may therefore be taken over
   * @returns the holder: `node`, or the node that claimed it first; rejects if that cannot be determined now
   */
  claim(appId: AppId, key: string, node: NodeIdentity, voidHolder: NodeIdentity | undefined): Promise<NodeIdentity>;
}

/** Claims of gateways in one process, for tests and for embedders that run several. Claims never expire. */
export class MemoryCallClaims implements CallClaims {
  readonly #holders = new Map<string, NodeIdentity>();

  async claim(appId: AppId, key: string, node: NodeIdentity, voidHolder: NodeIdentity | undefined): Promise<NodeIdentity> {
    const ofApp = `${appId} ${key}`;
    const holder = this.#holders.get(ofApp);
    if (holder !== undefined && !isSameLife(holder, voidHolder)) return holder;
    this.#holders.set(ofApp, node);
    return node;
  }
}

function isSameLife(a: NodeIdentity, b: NodeIdentity | undefined): boolean {
  return a.nodeNo === b?.nodeNo && a.epoch === b.epoch;
}
