import { parseArgs } from 'node:util';
import type { Impairment } from '../network/impairment.ts';
import { type App, MAX_NODES_ON_ONE_MACHINE, MAX_REGIONS } from './region-plan.ts';

const DEFAULT_BASE_PORT = 8180;
/** The highest base port that leaves room for a cluster's ports. */
const MAX_BASE_PORT = 65_000;

export interface ClusterCommand {
  readonly basePort: number;
  /** Undefined to generate one. */
  readonly app: App | undefined;
  readonly regions: number;
  readonly nodesPerRegion: number;
  /** Options of the daemon for all nodes. */
  readonly environment: Readonly<Record<string, string>>;
  readonly seed: number;
  /** The impairment of links between regions; undefined for none. */
  readonly impairment: Partial<Impairment> | undefined;
  readonly isHelpWanted: boolean;
}

/** Options that the cluster sets for each node, so users cannot. */
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  'CAUSEWAY_CLUSTER_PORT',
  'CAUSEWAY_APP_ID',
  'CAUSEWAY_APP_SECRET',
  'CAUSEWAY_REGION',
  'CAUSEWAY_NODE',
  'CAUSEWAY_LOCATION',
  'CAUSEWAY_REDIS_URL',
  'CAUSEWAY_CLUSTER_KEY',
  'CAUSEWAY_HTTP_PORT',
  'CAUSEWAY_UDP_PORT',
  'CAUSEWAY_DEBUG_PORT',
  'CAUSEWAY_INTERNAL_URL',
  'CAUSEWAY_LINK_ADDRESS',
]);

export const CLUSTER_USAGE = `npm run cluster [-- options]

Runs three regions (eu, us, ap) and the Redis they share on this machine, until Ctrl+C or SIGTERM.

  --regions 3        how many, 1 to ${MAX_REGIONS}: sa, oc and af follow
  --nodes 1          how many nodes in each region; ${MAX_NODES_ON_ONE_MACHINE} in all at most

  --delay-ms 80      one way between regions; calls that a node passes on wait as long, also within a region
  --jitter-ms 0      up to so much more
  --loss 0.02        share of the datagrams between regions that are lost
  --reorder 0        share of them that others overtake
  --duplicate 0      share of them that arrive twice
  --seed 1           of these chances

  CAUSEWAY_CLUSTER_PORT      the nodes serve HTTP on the ports after this one (default ${DEFAULT_BASE_PORT}: 8181, 8182, 8183)
  CAUSEWAY_APP_ID, CAUSEWAY_APP_SECRET
                             the app to serve; one is made up if they are not set

Every other CAUSEWAY_ variable is passed on to all nodes, unless it is one that each node needs for itself (region, number, ports, Redis
and the like). To try where clients are sent: CAUSEWAY_TRUSTED_PROXIES=127.0.0.1 npm run cluster, then curl with X-Forwarded-For.
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws RangeError – an option is unknown or invalid; the message is one line */
export function readClusterCommand(commandLine: readonly string[], environment: Environment): ClusterCommand {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      'delay-ms': number,
      'jitter-ms': number,
      loss: number,
      reorder: number,
      duplicate: number,
      regions: { type: 'string', default: '3' },
      nodes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  });
  const impairment = {
    ...optional('delayMs', values['delay-ms'], '--delay-ms', 10_000),
    ...optional('jitterMs', values['jitter-ms'], '--jitter-ms', 10_000),
    ...optional('lossRatio', values.loss, '--loss', 1),
    ...optional('reorderRatio', values.reorder, '--reorder', 1),
    ...optional('duplicateRatio', values.duplicate, '--duplicate', 1),
  };
  const regions = integer(values.regions, '--regions', MAX_REGIONS);
  return {
    regions,
    nodesPerRegion: integer(values.nodes, '--nodes', Math.floor(MAX_NODES_ON_ONE_MACHINE / regions)),
    environment: passedOn(environment),
    basePort: integer(environment.CAUSEWAY_CLUSTER_PORT ?? String(DEFAULT_BASE_PORT), 'CAUSEWAY_CLUSTER_PORT', MAX_BASE_PORT),
    app: readApp(environment),
    seed: integer(values.seed, '--seed', 2 ** 31),
    impairment: Object.keys(impairment).length === 0 ? undefined : impairment,
    isHelpWanted: values.help,
  };
}

function readApp({ CAUSEWAY_APP_ID: appId, CAUSEWAY_APP_SECRET: secret }: Environment): App | undefined {
  if ((appId === undefined) !== (secret === undefined)) throw new RangeError('CAUSEWAY_APP_ID and CAUSEWAY_APP_SECRET belong together');
  return appId === undefined || secret === undefined ? undefined : { appId, secret };
}

function passedOn(environment: Environment): Record<string, string> {
  const own = Object.entries(environment).filter(([name]) => name.startsWith('CAUSEWAY_') && !OWN_OPTIONS.has(name));
  return Object.fromEntries(own.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function optional<Key extends keyof Impairment>(key: Key, word: string | undefined, option: string, max: number): Partial<Impairment> {
  if (word === undefined) return {};
  const value = Number(word);
  if (word.trim() === '' || !(value >= 0 && value <= max)) throw new RangeError(`${option} takes a number from 0 to ${max}, not "${word}"`);
  return { [key]: value };
}

function integer(word: string, option: string, max: number): number {
  const value = Number(word);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new RangeError(`${option} takes a whole number from 1 to ${max}, not "${word}"`);
  return value;
}
