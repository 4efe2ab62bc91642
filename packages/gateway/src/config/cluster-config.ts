import type { GeoPoint } from '@causeway/sfu';
import { type EntryFields, readEntries } from './entry-list.ts';
import { addressRange, location } from './network-kinds.ts';
import { nonNegativeNumber, textMatching } from './option-kinds.ts';
import { OPTIONS, type OptionName, type OptionValues } from './options.ts';
import { ConfigError } from './start-error.ts';

/** The configuration of a cluster node. */
export interface ClusterConfig {
  readonly redisUrl: string;
  readonly clusterKey: string;
}

/** Where clients of an address range are: known better than any database does. */
export interface ClientNetwork {
  /** `10.0.0.0/8` or one address. */
  readonly range: string;
  readonly location: GeoPoint;
}

/** What a gigabyte costs that is relayed from one region to the other, either way; in whatever currency, the same for all. */
export interface RegionPrice {
  readonly from: string;
  readonly to: string;
  readonly pricePerGb: number;
}

const REGION = textMatching(/^[A-Za-z0-9_-]{1,32}$/, 'the name of a region');
const NETWORK: EntryFields<ClientNetwork> = { range: addressRange, location };
const PRICE: EntryFields<RegionPrice> = { from: REGION, to: REGION, pricePerGb: nonNegativeNumber };

/** Options without a meaning for a standalone node. */
const NEED_REDIS = ['clusterKey', 'internalUrl', 'linkAddresses', 'usageFolder'] as const satisfies readonly OptionName[];

/**
 * @param isSet whether the operator set the option, whatever to
 * @returns undefined for a standalone node
 * @throws ConfigError – something is missing that a cluster needs, or set that only a cluster needs
 */
export function readClusterConfig(
  { redisUrl, clusterKey }: Pick<OptionValues, 'redisUrl' | 'clusterKey'>,
  isSet: (name: OptionName) => boolean,
): ClusterConfig | undefined {
  const { variable } = OPTIONS.redisUrl;
  if (redisUrl === undefined) {
    const orphan = NEED_REDIS.find(isSet);
    if (orphan === undefined) return undefined;
    throw new ConfigError(`${variable} is missing: ${OPTIONS[orphan].variable} means nothing without it`);
  }
  if (clusterKey === undefined) {
    throw new ConfigError(`${OPTIONS.clusterKey.variable} is missing: with ${variable} it must be ${OPTIONS.clusterKey.kind.expected}`);
  }
  if (!isSet('nodeNumber')) {
    throw new ConfigError(`${OPTIONS.nodeNumber.variable} is missing: with ${variable} every node needs a number of its own`);
  }
  if (isSet('tokenKey')) {
    throw new ConfigError(`${OPTIONS.tokenKey.variable} means nothing with ${variable}: tokens of a cluster are signed with its key`);
  }
  return { redisUrl, clusterKey };
}

/** @throws ConfigError – an entry is not one */
export function readNetworks(list: unknown): readonly ClientNetwork[] {
  return readEntries(list, 'networks', NETWORK);
}

/** @throws ConfigError – an entry is not one */
export function readRegionPrices(list: unknown): readonly RegionPrice[] {
  return readEntries(list, 'regionPrices', PRICE);
}
