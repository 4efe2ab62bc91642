import type { GeoPoint } from '@causeway/sfu';
import { addressRange, location } from './network-kinds.ts';
import { nonNegativeNumber, type OptionKind, textMatching } from './option-kinds.ts';
import { OPTIONS, type OptionName, type OptionValues } from './options.ts';
import { ConfigError } from './start-error.ts';

/** The configuration of a cluster node. */
export interface ClusterConfig {
  readonly redisUrl: string;
  readonly clusterKey: string;
}

/** Location of the clients in an address range, which takes precedence over the database. */
export interface ClientNetwork {
  /** Such as `10.0.0.0/8`, or a single address. */
  readonly range: string;
  readonly location: GeoPoint;
}

/** The price per gigabyte relayed between two regions, in either direction, in a currency that is the same for all prices. */
export interface RegionPrice {
  readonly from: string;
  readonly to: string;
  readonly pricePerGb: number;
}

const REGION = textMatching(/^[A-Za-z0-9_-]{1,32}$/, 'the name of a region');
const NETWORK: EntryFields<ClientNetwork> = { range: addressRange, location };
const PRICE: EntryFields<RegionPrice> = { from: REGION, to: REGION, pricePerGb: nonNegativeNumber };

/** Options that have no effect on a standalone node. */
const NEED_REDIS = ['clusterKey', 'internalUrl', 'linkAddresses', 'usageFolder'] as const satisfies readonly OptionName[];

/**
 * @param isSet whether the operator set the option, to any value
 * @returns undefined for a standalone node
 * @throws ConfigError – an option that a cluster requires is missing, or one that only a cluster uses is set
 */
export function readClusterConfig(
  { redisUrl, clusterKey }: Pick<OptionValues, 'redisUrl' | 'clusterKey'>,
  isSet: (name: OptionName) => boolean,
): ClusterConfig | undefined {
  const { variable } = OPTIONS.redisUrl;
  if (redisUrl === undefined) {
    const orphan = NEED_REDIS.find(isSet);
    if (orphan === undefined) return undefined;
    throw new ConfigError(`${variable} is missing: ${OPTIONS[orphan].variable} has no effect without it`);
  }
  if (clusterKey === undefined) {
    throw new ConfigError(`${OPTIONS.clusterKey.variable} is missing: with ${variable} it must be ${OPTIONS.clusterKey.kind.expected}`);
  }
  if (!isSet('nodeNumber')) {
    throw new ConfigError(`${OPTIONS.nodeNumber.variable} is missing: with ${variable} every node needs a number of its own`);
  }
  if (isSet('tokenKey')) {
    throw new ConfigError(`${OPTIONS.tokenKey.variable} has no effect with ${variable}: tokens of a cluster are signed with its key`);
  }
  return { redisUrl, clusterKey };
}

/** @throws ConfigError – an entry is invalid */
export function readNetworks(list: unknown): readonly ClientNetwork[] {
  return readEntries(list, 'networks', NETWORK);
}

/** @throws ConfigError – an entry is invalid */
export function readRegionPrices(list: unknown): readonly RegionPrice[] {
  return readEntries(list, 'regionPrices', PRICE);
}

/** The fields of one entry of a list in the config file, all of them required. */
type EntryFields<Entry> = { readonly [Name in keyof Entry]: OptionKind<Entry[Name]> };

/**
 * Reads a list of objects in the config file, such as `networks`.
 *
 * @param place position of the list, with which messages begin
 * @returns an empty list if it is missing
 * @throws ConfigError – it is not a list, or an entry has a missing, unknown or invalid field
 */
function readEntries<Entry extends object>(list: unknown, place: string, fields: EntryFields<Entry>): readonly Entry[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new ConfigError(`"${place}" in the config file must be a list`);
  return list.map((entry: unknown, index) => readEntry(entry, `${place}[${index}]`, fields));
}

function readEntry<Entry extends object>(entry: unknown, place: string, fields: EntryFields<Entry>): Entry {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw new ConfigError(`${place} must be an object`);
  const given = new Map<string, unknown>(Object.entries(entry));
  const names = Object.keys(fields) as (keyof Entry & string)[];
  const unknown = [...given.keys()].find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw new ConfigError(`${place}.${unknown} is not an option; the options are ${names.join(', ')}`);
  const values = names.map((name) => {
    const value = fields[name].read(given.get(name));
    if (value === undefined) throw new ConfigError(`${place}.${name} must be ${fields[name].expected}`);
    return [name, value];
  });
  return Object.fromEntries(values) as Entry;
}
