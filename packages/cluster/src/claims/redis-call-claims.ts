import type { AppId } from '@causeway/protocol';
import type { NodeIdentity } from '@causeway/sfu';
import { z } from 'zod';
import { appKeys, lifeName, parseLifeName } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';
import type { CallClaims } from './call-claims.ts';

/** As long as replies are kept for repeated calls. */
const CLAIM_MS = 10 * 60_000;
/** As many as the replies that a node keeps. Without a limit, one app could fill the Redis that all apps share. */
const MAX_CLAIMS_PER_APP = 100_000;

/** Claims that are visible to all nodes of a cluster. */
export class RedisCallClaims implements CallClaims {
  readonly #link: RedisLink;
  readonly #maxClaimsPerApp: number;
  readonly #script = loadLuaScript('call-claim');

  constructor(link: RedisLink, maxClaimsPerApp = MAX_CLAIMS_PER_APP) {
    this.#link = link;
    this.#maxClaimsPerApp = maxClaimsPerApp;
  }

  /** @throws SfuError `registry_unavailable` */
  async claim(appId: AppId, key: string, node: NodeIdentity, voidHolder: NodeIdentity | undefined): Promise<NodeIdentity> {
    const words = [lifeName(node), voidHolder === undefined ? '' : lifeName(voidHolder), CLAIM_MS, this.#maxClaimsPerApp];
    const keys = appKeys(appId);
    const holder = z.string().parse(await this.#link.run(this.#script, [keys.claim(key), keys.claims], words));
    return parseLifeName(holder) ?? node;
  }
}
