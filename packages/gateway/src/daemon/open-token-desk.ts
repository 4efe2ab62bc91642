import { createSecretKey } from 'node:crypto';
import { TokenDesk } from '@causeway/accounts';
import type { Cluster } from '@causeway/cluster';
import type { Config } from '../config/config.ts';

/** The tokens of a node: those of its cluster, or its own, which a key of the operator's makes outlive the process. */
export function openTokenDesk({ tokenKey }: Pick<Config, 'tokenKey'>, cluster: Cluster | undefined): TokenDesk {
  if (cluster !== undefined) {
    const { tokenSecret: secret, revocations } = cluster;
    return new TokenDesk({ secret, revocations, nowMs: () => cluster.redisNowMs() });
  }
  return new TokenDesk(tokenKey === undefined ? {} : { secret: createSecretKey(Buffer.from(tokenKey, 'utf8')) });
}
