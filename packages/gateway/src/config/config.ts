import type { App } from '@causeway/accounts';
import type { ClientNetwork, ClusterConfig, RegionPrice } from './cluster-config.ts';
import type { OptionValues } from './options.ts';

/** All that the daemon needs to know to start, complete and checked. */
export interface Config extends Omit<OptionValues, 'appId' | 'appSecret' | 'redisUrl' | 'clusterKey'> {
  /** Undefined for a node that stands alone. */
  readonly cluster: ClusterConfig | undefined;
  readonly networks: readonly ClientNetwork[];
  readonly regionPrices: readonly RegionPrice[];
  /** Empty if none is configured: the daemon then makes one up. */
  readonly apps: readonly App[];
}
