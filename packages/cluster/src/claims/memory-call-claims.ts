import type { AppId } from '@causeway/protocol';
import type { NodeIdentity } from '@causeway/sfu';
import type { CallClaims } from './call-claims.ts';

/** Claims of gateways that share a process: for tests, and for embedders with several of them. Never forgets. */
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
