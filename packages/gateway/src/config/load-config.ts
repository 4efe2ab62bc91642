import { type App, createApp, type OidcSettings } from '@causeway/accounts';
import { readAppEntry } from './app-entry.ts';
import { type BooksPlace, defaultBooksPlace } from './books-place.ts';
import {
  type ClientNetwork,
  type ClusterConfig,
  type RegionPrice,
  readClusterConfig,
  readNetworks,
  readRegionPrices,
} from './cluster-config.ts';
import { isLoopback } from './network-kinds.ts';
import { CONFIG_FILE_VARIABLE, OPTIONS, type Option, type OptionName, type OptionValues } from './options.ts';
import { type OtlpConfig, readOtlpConfig } from './otlp-config.ts';
import { ConfigError } from './start-error.ts';

/** The complete and validated configuration of the daemon. */
export interface Config extends Omit<OptionValues, 'appId' | 'appSecret' | 'redisUrl' | 'clusterKey' | 'books' | keyof OidcOptions> {
  /** Undefined for a standalone node. */
  readonly cluster: ClusterConfig | undefined;
  /** Undefined if there is no location for them. */
  readonly books: BooksPlace | undefined;
  /** Undefined if neither metrics nor traces are exported. */
  readonly otlp: OtlpConfig | undefined;
  /** Whether the operator has configured their location. */
  readonly areBooksAsked: boolean;
  /** The OpenID provider that signs people in; undefined if there is none. */
  readonly oidc: OidcConfig | undefined;
  readonly networks: readonly ClientNetwork[];
  readonly regionPrices: readonly RegionPrice[];
  /** Empty if none is configured; the daemon then generates one. */
  readonly apps: readonly App[];
}

const PREFIX = 'CAUSEWAY_';
/** Fields of the config file other than options. */
const LISTS = ['networks', 'regionPrices', 'apps'];

export interface ConfigSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @throws Error – the file cannot be read */
  readFile(path: string): string;
}

/**
 * Resolves the configuration from the environment, the config file and the defaults, in this order of precedence.
 *
 * @throws ConfigError – an unknown option or an invalid value anywhere
 */
export function loadConfig({ environment, readFile }: ConfigSources): Config {
  refuseUnknownVariables(environment);
  const path = environment[CONFIG_FILE_VARIABLE];
  const file = path === undefined ? new Map<string, unknown>() : readConfigFile(path, readFile);
  const { appId, appSecret, redisUrl, clusterKey, oidcIssuer, oidcClientId, oidcClientSecret, oidcName, ...values } = readOptions(
    environment,
    file,
  );
  refuseUnreachableMedia(values);
  checkMetrics(values);
  const isSet = (name: OptionName): boolean => environment[OPTIONS[name].variable] !== undefined || file.has(name);
  const cluster = readClusterConfig({ redisUrl, clusterKey }, isSet);
  return {
    ...values,
    cluster,
    otlp: readOtlpConfig(environment),
    books: values.books ?? (cluster === undefined ? defaultBooksPlace(environment) : undefined),
    areBooksAsked: values.books !== undefined,
    oidc: readOidcConfig({ oidcIssuer, oidcClientId, oidcClientSecret, oidcName }),
    networks: readNetworks(file.get('networks')),
    regionPrices: readRegionPrices(file.get('regionPrices')),
    apps: readApps(file, appId, appSecret),
  };
}

/** Otherwise clients would be given an address on which nothing on this machine listens, and no call would have media. */
function refuseUnreachableMedia({ listenAddress, announcedAddresses }: Pick<OptionValues, 'listenAddress' | 'announcedAddresses'>): void {
  const reachable = announcedAddresses.find((address) => !isLoopback(address));
  if (listenAddress === undefined || !isLoopback(listenAddress) || reachable === undefined) return;
  const { listenAddress: listen, announcedAddresses: announced, httpListenAddress: http } = OPTIONS;
  throw new ConfigError(
    `${listen.variable} is ${listenAddress}, so media sent to ${announced.variable} ${reachable} cannot arrive; for a proxy in front of the API, set ${http.variable} instead`,
  );
}

function checkMetrics({ metricsListen, metricsToken }: Pick<OptionValues, 'metricsListen' | 'metricsToken'>): void {
  if ((metricsListen === undefined) === (metricsToken === undefined)) return;
  const { metricsListen: listen, metricsToken: token } = OPTIONS;
  const missing = metricsListen === undefined ? listen.variable : token.variable;
  throw new ConfigError(`${missing} is missing: ${listen.variable} and ${token.variable} belong together`);
}

function refuseUnknownVariables(environment: ConfigSources['environment']): void {
  const known = [...Object.values(OPTIONS).map((option) => option.variable as string), CONFIG_FILE_VARIABLE];
  const unknown = Object.keys(environment).find((name) => name.startsWith(PREFIX) && !known.includes(name));
  if (unknown !== undefined) throw new ConfigError(`${unknown} is not an option; --help lists them`);
}

function readConfigFile(path: string, readFile: ConfigSources['readFile']): Map<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(readFile(path));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : `cannot be read: ${(error as Error).message}`;
    throw new ConfigError(`${CONFIG_FILE_VARIABLE}: ${path} ${why}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError(`${CONFIG_FILE_VARIABLE}: ${path} must contain a JSON object`);
  }
  const known = [...Object.keys(OPTIONS), ...LISTS];
  const unknown = Object.keys(content).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ConfigError(`"${unknown}" in ${path} is not an option; the options are ${known.join(', ')}`);
  return new Map(Object.entries(content));
}

function readOptions(environment: ConfigSources['environment'], file: ReadonlyMap<string, unknown>): OptionValues {
  const names = Object.keys(OPTIONS) as OptionName[];
  return Object.fromEntries(names.map((name) => [name, readOption(name, OPTIONS[name], environment, file)])) as unknown as OptionValues;
}

function readOption(name: string, option: Option<unknown>, environment: ConfigSources['environment'], file: ReadonlyMap<string, unknown>) {
  const fromEnvironment = environment[option.variable];
  if (fromEnvironment === undefined && !file.has(name)) return option.fallback;
  const input = fromEnvironment ?? file.get(name);
  const value = option.kind.read(input);
  if (value !== undefined) return value;
  const source = fromEnvironment === undefined ? `"${name}" in the config file` : option.variable;
  const got = option.isSecret ? '' : `, not ${JSON.stringify(input)}`;
  throw new ConfigError(`${source} must be ${option.kind.expected}${got}`);
}

function readApps(file: ReadonlyMap<string, unknown>, appId: string | undefined, appSecret: string | undefined): readonly App[] {
  if ((appId === undefined) !== (appSecret === undefined)) {
    const missing = appId === undefined ? OPTIONS.appId.variable : OPTIONS.appSecret.variable;
    throw new ConfigError(`${missing} is missing: ${OPTIONS.appId.variable} and ${OPTIONS.appSecret.variable} belong together`);
  }
  const entries = file.get('apps') ?? [];
  if (!Array.isArray(entries)) throw new ConfigError('"apps" in the config file must be a list');
  const apps = entries.map((entry: unknown, index) => readAppEntry(entry, `apps[${index}]`));
  if (appId !== undefined && appSecret !== undefined) apps.push(createApp({ id: appId, secrets: [appSecret] }));
  const repeated = apps.find((app, index) => apps.findIndex((other) => other.id === app.id) < index);
  if (repeated !== undefined) throw new ConfigError(`app "${repeated.id}" is configured twice`);
  return apps;
}

/** The OpenID provider with which people sign in, and what pages call it. */
interface OidcConfig extends OidcSettings {
  readonly name: string;
}

/** The options that describe it. */
type OidcOptions = Pick<OptionValues, 'oidcIssuer' | 'oidcClientId' | 'oidcClientSecret' | 'oidcName'>;

/**
 * @returns undefined if no provider is configured
 * @throws ConfigError – only a part of it is
 */
function readOidcConfig(options: OidcOptions): OidcConfig | undefined {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret, oidcName: name } = options;
  if (issuer !== undefined && clientId !== undefined) return { issuer, clientId, clientSecret, name: name ?? new URL(issuer).host };
  const isAnySet = Object.values(options).some((value) => value !== undefined);
  if (!isAnySet) return undefined;
  const missing = issuer === undefined ? OPTIONS.oidcIssuer.variable : OPTIONS.oidcClientId.variable;
  throw new ConfigError(`${missing} is missing: an OpenID provider takes both its issuer and a client id`);
}
