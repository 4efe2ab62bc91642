import { MAX_SECRET_LENGTH, MIN_SECRET_LENGTH } from '@causeway/accounts';
import { MAX_NODE_NO } from '@causeway/protocol';
import {
  DEFAULT_DATA_LIMITS,
  DEFAULT_OVERLOAD_LIMITS,
  DEFAULT_WORKER_FILL_SHARE,
  defaultAppBounds,
  type GeoPoint,
  type SocketAddress,
} from '@causeway/sfu';
import { DEFAULT_MAX_STREAMS_PER_APP } from '../events/event-desk.ts';
import { DEFAULT_CLIENT_LIMITS } from '../limits/client-limits.ts';
import { DEFAULT_MAX_REPLIES_PER_APP } from '../limits/idempotency.ts';
import { LOG_LEVELS, type LogLevel } from '../logging/logger.ts';
import { type BooksPlace, booksPlace } from './books-place.ts';
import { addressRangeList, baseUrl, issuerUrl, location, socketAddress, socketAddressList } from './network-kinds.ts';
import {
  APP_BOUND_KINDS,
  autoOr,
  decimal,
  integerFrom,
  ipAddress,
  ipAddressList,
  type OptionKind,
  oneOf,
  textMatching,
} from './option-kinds.ts';

/** An option that an operator may set. */
export interface Option<Value> {
  /** Environment variable. In the config file, the option has its name in `OPTIONS`. */
  readonly variable: `CAUSEWAY_${string}`;
  readonly kind: OptionKind<Value>;
  /** The default value. */
  readonly fallback: Value;
  /** Shown instead of the default if that would not be informative. */
  readonly fallbackText?: string;
  /** One sentence on its purpose and its trade-offs. */
  readonly meaning: string;
  /** Whether it must never be shown or logged. */
  readonly isSecret?: true;
}

const PORT = integerFrom(0, 65_535);
const APP_SECRET = new RegExp(`^[\\x21-\\x7e]{${MIN_SECRET_LENGTH},${MAX_SECRET_LENGTH}}$`);
const BITS_PER_MEGABIT = 1_000_000;
const DEFAULT_APP_BOUNDS = defaultAppBounds(DEFAULT_OVERLOAD_LIMITS.maxSessions);

/**
 * Every option of the daemon, by its name in the config file. This is the only place that defines names, bounds and
 * defaults: `docs/config.md` and `--help` are generated from it.
 */
export const OPTIONS = {
  httpPort: option({
    variable: 'CAUSEWAY_HTTP_PORT',
    kind: PORT,
    fallback: 8080,
    meaning: 'TCP port of the API and the console; 0 picks any free port.',
  }),
  udpPort: option({
    variable: 'CAUSEWAY_UDP_PORT',
    kind: PORT,
    fallback: 8081,
    meaning: 'UDP port for all media and for `stun:`; 0 picks any free port.',
  }),
  listenAddress: option<string | undefined>({
    variable: 'CAUSEWAY_LISTEN',
    kind: ipAddress,
    fallback: undefined,
    fallbackText: 'all, IPv4 and IPv6',
    meaning: 'The address on which both ports listen; `0.0.0.0` means all IPv4 addresses. For media, clients must be able to reach it.',
  }),
  httpListenAddress: option<string | undefined>({
    variable: 'CAUSEWAY_HTTP_LISTEN',
    kind: ipAddress,
    fallback: undefined,
    fallbackText: 'that of `CAUSEWAY_LISTEN`',
    meaning: 'The address on which the HTTP port listens, such as `127.0.0.1` behind a proxy on the same machine.',
  }),
  announcedAddresses: option<readonly string[]>({
    variable: 'CAUSEWAY_ANNOUNCED_ADDRESS',
    kind: ipAddressList,
    fallback: [],
    fallbackText: 'every address of the machine',
    meaning:
      'Addresses to which clients are told to send media, separated by commas; needed behind NAT, where the machine does not know its public address.',
  }),
  appId: option<string | undefined>({
    variable: 'CAUSEWAY_APP_ID',
    kind: textMatching(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, "_" or "-"'),
    fallback: undefined,
    fallbackText: 'none',
    meaning: 'Id of the app to serve. For several apps use the config file; if nothing is set, the daemon generates one.',
  }),
  appSecret: option<string | undefined>({
    variable: 'CAUSEWAY_APP_SECRET',
    kind: textMatching(APP_SECRET, `${MIN_SECRET_LENGTH} to ${MAX_SECRET_LENGTH} visible ASCII characters`),
    fallback: undefined,
    fallbackText: 'none',
    meaning: 'Secret of that app, which gives full access to the app; `openssl rand -hex 32` generates a good one.',
    isSecret: true,
  }),
  region: option({
    variable: 'CAUSEWAY_REGION',
    kind: textMatching(/^[A-Za-z0-9_-]{1,32}$/, '1 to 32 letters, digits, "_" or "-"'),
    fallback: 'local',
    meaning: 'Name of the region that this node is in, sent with every reply as `X-SFU-Region`.',
  }),
  nodeNumber: option({
    variable: 'CAUSEWAY_NODE',
    kind: integerFrom(0, MAX_NODE_NO),
    fallback: 101,
    meaning: 'Number of this node, which is part of session ids; it must be unique within a cluster.',
  }),
  location: option<GeoPoint | undefined>({
    variable: 'CAUSEWAY_LOCATION',
    kind: location,
    fallback: undefined,
    fallbackText: 'unknown',
    meaning: 'Location of this node. New sessions go to the node nearest to the client, and never to a node without a location.',
  }),
  redisUrl: option<string | undefined>({
    variable: 'CAUSEWAY_REDIS_URL',
    kind: textMatching(/^rediss?(\+[a-z]+)?:\/\/[\x21-\x7e]{1,2048}$/, 'a URL such as redis://10.0.0.5:6379'),
    fallback: undefined,
    fallbackText: 'none, the node stands alone',
    meaning:
      'The Redis through which the nodes of a cluster find each other; see `docs/operate/cluster.md` for Sentinel and Redis Cluster.',
    isSecret: true,
  }),
  clusterKey: option<string | undefined>({
    variable: 'CAUSEWAY_CLUSTER_KEY',
    kind: textMatching(/^[\x21-\x7e]{32,256}$/, '32 to 256 visible ASCII characters'),
    fallback: undefined,
    fallbackText: 'none',
    meaning: 'Secret shared by all nodes of a cluster; it lets its holder act as a node. `openssl rand -hex 32` generates a good one.',
    isSecret: true,
  }),
  tokenKey: option<string | undefined>({
    variable: 'CAUSEWAY_TOKEN_KEY',
    kind: textMatching(/^[\x21-\x7e]{32,256}$/, '32 to 256 visible ASCII characters'),
    fallback: undefined,
    fallbackText: 'a random one at each start',
    meaning:
      'Secret from which a standalone node derives the keys that sign tokens, so that tokens survive a restart. Nodes of a cluster use the cluster key. `openssl rand -hex 32` generates a good one.',
    isSecret: true,
  }),
  internalUrl: option<string | undefined>({
    variable: 'CAUSEWAY_INTERNAL_URL',
    kind: baseUrl,
    fallback: undefined,
    fallbackText: 'the first announced or local address and the HTTP port',
    meaning: 'URL at which other nodes reach the API of this node, to forward calls to it.',
  }),
  linkAddresses: option<readonly SocketAddress[] | undefined>({
    variable: 'CAUSEWAY_LINK_ADDRESS',
    kind: socketAddressList,
    fallback: undefined,
    fallbackText: 'the announced addresses and the UDP port',
    meaning:
      'Addresses at which other nodes reach the UDP port of this node to relay media, for example over a private network between regions.',
  }),
  trustedProxies: option<readonly string[]>({
    variable: 'CAUSEWAY_TRUSTED_PROXIES',
    kind: addressRangeList,
    fallback: [],
    fallbackText: 'none',
    meaning:
      'Proxies whose `X-Forwarded-For` is trusted to locate clients and to apply limits to them. Anyone else could put anything into that header.',
  }),
  geoip: option({
    variable: 'CAUSEWAY_GEOIP',
    kind: oneOf(['off', 'auto', 'on'] as const),
    fallback: 'auto' as const,
    meaning:
      'Whether client addresses are looked up in the geoip-lite database, which takes 150 MB of memory; `auto` does so in a cluster if the package is installed.',
  }),
  books: option<BooksPlace | undefined>({
    variable: 'CAUSEWAY_BOOKS',
    kind: booksPlace,
    fallback: undefined,
    fallbackText: 'a file in `$STATE_DIRECTORY`, or in `causeway` below `$XDG_STATE_HOME` or `~/.local/state`; in a cluster, `off`',
    meaning:
      'Where apps and keys are kept that the admin API manages (`docs/operate/books.md`): the path of a file, the URL of a Postgres for several nodes, or `off`. Media and tokens do not wait for it.',
    isSecret: true,
  }),
  oidcIssuer: option<string | undefined>({
    variable: 'CAUSEWAY_OIDC_ISSUER',
    kind: issuerUrl,
    fallback: undefined,
    fallbackText: 'none',
    meaning:
      'The OpenID provider with which people may sign in to the console (`docs/admin.md`), as it calls itself; register the page `/oidc` of the console there.',
  }),
  oidcClientId: option<string | undefined>({
    variable: 'CAUSEWAY_OIDC_CLIENT_ID',
    kind: textMatching(/^[\x21-\x7e]{1,256}$/, '1 to 256 visible ASCII characters'),
    fallback: undefined,
    fallbackText: 'none',
    meaning: 'What the OpenID provider calls this service.',
  }),
  oidcClientSecret: option<string | undefined>({
    variable: 'CAUSEWAY_OIDC_CLIENT_SECRET',
    kind: textMatching(/^[\x21-\x7e]{1,1024}$/, '1 to 1024 visible ASCII characters'),
    fallback: undefined,
    fallbackText: 'none, as for a public client',
    meaning: 'Secret with which this service proves itself to the OpenID provider, besides PKCE.',
    isSecret: true,
  }),
  oidcName: option<string | undefined>({
    variable: 'CAUSEWAY_OIDC_NAME',
    kind: textMatching(/^[^\p{C}]{1,64}$/u, '1 to 64 characters'),
    fallback: undefined,
    fallbackText: 'the host name of the issuer',
    meaning: 'What the sign-in page calls the OpenID provider.',
  }),
  usageFolder: option<string | undefined>({
    variable: 'CAUSEWAY_USAGE_FOLDER',
    kind: textMatching(/^.{1,4096}$/, 'the path of a folder'),
    fallback: undefined,
    fallbackText: 'none',
    meaning:
      'Folder that keeps usage records and events until Redis has them: a node that is killed while Redis is unavailable then loses five seconds of usage and no events, instead of all.',
  }),
  webhooksAllowPrivate: option<readonly string[]>({
    variable: 'CAUSEWAY_WEBHOOKS_ALLOW_PRIVATE',
    kind: addressRangeList,
    fallback: [],
    fallbackText: 'none',
    meaning:
      'Addresses that are not public to which webhooks may go, also by plain HTTP. Owners of apps choose where webhooks go: list nothing that trusts whatever the node can reach.',
  }),
  drainSeconds: option({
    variable: 'CAUSEWAY_DRAIN_SECONDS',
    kind: integerFrom(0, 86_400),
    fallback: 60,
    meaning: 'How long existing sessions may continue after SIGTERM; a second signal ends them at once.',
  }),
  maxSessions: option({
    variable: 'CAUSEWAY_MAX_SESSIONS',
    kind: integerFrom(1, 1_000_000),
    fallback: DEFAULT_OVERLOAD_LIMITS.maxSessions,
    meaning: 'Maximum number of sessions on this node; further ones are refused with `no_capacity`.',
  }),
  maxSessionsPerApp: option<number | undefined>({
    variable: 'CAUSEWAY_MAX_SESSIONS_PER_APP',
    kind: APP_BOUND_KINDS.maxSessions,
    fallback: undefined,
    fallbackText: 'as many as the node takes',
    meaning: 'Maximum number of sessions per app on this node; further ones are refused with `quota_exceeded`.',
  }),
  maxUnconnectedSessionsPerApp: option<number | undefined>({
    variable: 'CAUSEWAY_MAX_UNCONNECTED_SESSIONS_PER_APP',
    kind: APP_BOUND_KINDS.maxUnconnectedSessions,
    fallback: undefined,
    fallbackText: 'a tenth of `CAUSEWAY_MAX_SESSIONS`, at least 100',
    meaning:
      'How many sessions of one app may be waiting for their client to connect; further ones are refused with `rate_limited`, so that no app can fill the node with sessions that never connect.',
  }),
  maxTracksPerApp: option({
    variable: 'CAUSEWAY_MAX_TRACKS_PER_APP',
    kind: APP_BOUND_KINDS.maxTracks,
    fallback: DEFAULT_APP_BOUNDS.maxTracks,
    meaning:
      'How many tracks the sessions of one app may publish and subscribe to on this node; further ones are refused with `quota_exceeded`.',
  }),
  maxEgressMbpsPerApp: option<number | undefined>({
    variable: 'CAUSEWAY_MAX_EGRESS_MBPS_PER_APP',
    kind: APP_BOUND_KINDS.maxEgressMbps,
    fallback: undefined,
    fallbackText: 'no limit',
    meaning:
      'How many megabits of RTP per second this node sends to the sessions of one app. Above that, new subscriptions are refused with `quota_exceeded` and the newest existing ones are paused, video before audio, and data channels last.',
  }),
  maxDataMbpsPerSession: option({
    variable: 'CAUSEWAY_MAX_DATA_MBPS_PER_SESSION',
    kind: integerFrom(1, 10_000),
    fallback: (DEFAULT_DATA_LIMITS.bytesPerSecond * 8) / BITS_PER_MEGABIT,
    meaning:
      'How many megabits per second of data channels this node takes from one session, with all that the protocols add; a client that sends more is slowed down.',
  }),
  maxDataMessagesPerSecondPerSession: option({
    variable: 'CAUSEWAY_MAX_DATA_MESSAGES_PER_SECOND_PER_SESSION',
    kind: integerFrom(1, 1_000_000),
    fallback: DEFAULT_DATA_LIMITS.messagesPerSecond,
    meaning: 'How many messages per second on data channels this node takes from one session; a client that sends more is slowed down.',
  }),
  maxIdempotencyKeysPerApp: option({
    variable: 'CAUSEWAY_MAX_IDEMPOTENCY_KEYS_PER_APP',
    kind: APP_BOUND_KINDS.maxIdempotencyKeys,
    fallback: DEFAULT_MAX_REPLIES_PER_APP,
    meaning:
      'How many replies to calls with an `Idempotency-Key` are kept per app; beyond that, its oldest are forgotten before their ten minutes are over.',
  }),
  maxEventStreamsPerApp: option({
    variable: 'CAUSEWAY_MAX_EVENT_STREAMS_PER_APP',
    kind: APP_BOUND_KINDS.maxEventStreams,
    fallback: DEFAULT_MAX_STREAMS_PER_APP,
    meaning: 'How many event streams one app may have open on this node; further ones are refused with `no_capacity`.',
  }),
  maxConnectionsPerClient: option<number | undefined>({
    variable: 'CAUSEWAY_MAX_CONNECTIONS_PER_CLIENT',
    kind: integerFrom(1, 1_000_000),
    fallback: undefined,
    fallbackText: 'a twentieth of those that the node takes, at least 100: 500',
    meaning:
      'How many TCP connections one client address (for IPv6, one /64) may have open; further ones are closed at once. Connections from this machine and from trusted proxies are not limited.',
  }),
  maxFailedAuthenticationsPerMinutePerClient: option({
    variable: 'CAUSEWAY_MAX_FAILED_AUTHENTICATIONS_PER_MINUTE_PER_CLIENT',
    kind: integerFrom(1, 1_000_000),
    fallback: DEFAULT_CLIENT_LIMITS.maxFailedAuthenticationsPerMinute,
    meaning:
      'How many calls with a wrong app or secret one client address may make per minute; after that, all its calls are refused with `rate_limited` for a while, even valid ones.',
  }),
  maxNewSessionsPerSecondPerClient: option({
    variable: 'CAUSEWAY_MAX_NEW_SESSIONS_PER_SECOND_PER_CLIENT',
    kind: integerFrom(1, 1_000_000),
    fallback: DEFAULT_CLIENT_LIMITS.maxNewSessionsPerSecond,
    meaning:
      'How many sessions one client address may create per second, across all apps; a backend that calls for all its users counts as one address.',
  }),
  maxMemoryMb: option<number | undefined>({
    variable: 'CAUSEWAY_MAX_MEMORY_MB',
    kind: integerFrom(128, 16_777_216),
    fallback: undefined,
    fallbackText: 'what the container or the machine has',
    meaning: 'Memory that this node may use, in MiB; new sessions are refused once four fifths of it are in use.',
  }),
  maxEventLoopDelayMs: option({
    variable: 'CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS',
    kind: integerFrom(5, 10_000),
    fallback: DEFAULT_OVERLOAD_LIMITS.maxEventLoopDelayMs,
    meaning: 'New sessions are refused once the 99th percentile of the event loop delay has exceeded this for ten seconds.',
  }),
  workers: option<number | 'auto'>({
    variable: 'CAUSEWAY_WORKERS',
    kind: autoOr(integerFrom(1, 64)),
    fallback: 1,
    meaning:
      'Number of media threads. With more than one, each needs a core of its own, and all share the UDP port (Linux only); `auto` leaves one core for HTTP.',
  }),
  workerFillPercent: option({
    variable: 'CAUSEWAY_WORKER_FILL_PERCENT',
    kind: integerFrom(0, 100),
    fallback: 100 * DEFAULT_WORKER_FILL_SHARE,
    meaning:
      'How busy a worker gets before the next one receives sessions. Media that stays on one thread is cheaper to forward, but a busier thread delays it more; 0 spreads sessions evenly from the start.',
  }),
  pricePerGb: option({
    variable: 'CAUSEWAY_PRICE_PER_GB',
    kind: decimal,
    fallback: '0',
    meaning: 'What a gigabyte (10^9 bytes) of billed usage costs beyond the free one; shown with usage, on nodes with books.',
  }),
  usageDays: option({
    variable: 'CAUSEWAY_USAGE_DAYS',
    kind: integerFrom(62, 36_500),
    fallback: 400,
    meaning: 'How many days the books keep usage, and the ledger that proves it. Backups keep what was in the books.',
  }),
  freeGbPerMonth: option({
    variable: 'CAUSEWAY_FREE_GB_PER_MONTH',
    kind: integerFrom(0, 1_000_000_000),
    fallback: 0,
    meaning: 'Gigabytes that each app has free in a calendar month (UTC).',
  }),
  currency: option({
    variable: 'CAUSEWAY_CURRENCY',
    kind: textMatching(/^[A-Z]{3}$/, 'three capital letters, such as EUR'),
    fallback: 'USD',
    meaning: 'The currency of the price (ISO 4217).',
  }),
  debugPort: option<number | undefined>({
    variable: 'CAUSEWAY_DEBUG_PORT',
    kind: PORT,
    fallback: undefined,
    fallbackText: 'off',
    meaning: 'TCP port of `/metrics`, `/debug/objects` and `/debug/usage`, which listens on 127.0.0.1 only; 0 picks any free port.',
  }),
  metricsListen: option<SocketAddress | undefined>({
    variable: 'CAUSEWAY_METRICS_LISTEN',
    kind: socketAddress,
    fallback: undefined,
    fallbackText: 'off',
    meaning:
      'Address and TCP port of `/metrics` for a Prometheus on another machine, which must send `CAUSEWAY_METRICS_TOKEN`; plain HTTP, so best on a network of your own.',
  }),
  metricsToken: option<string | undefined>({
    variable: 'CAUSEWAY_METRICS_TOKEN',
    kind: textMatching(/^[\x21-\x7e]{22,256}$/, '22 to 256 visible ASCII characters'),
    fallback: undefined,
    fallbackText: 'none',
    meaning: 'What Prometheus sends as `Authorization: Bearer`, to be shown metrics; `openssl rand -hex 32` makes a good one.',
    isSecret: true,
  }),
  logLevel: option<LogLevel>({
    variable: 'CAUSEWAY_LOG_LEVEL',
    kind: oneOf(LOG_LEVELS),
    fallback: 'info',
    meaning: 'What is logged; `http` adds a line for every request.',
  }),
} as const;

/** Path of the config file; the only variable that the file itself cannot contain. */
export const CONFIG_FILE_VARIABLE = 'CAUSEWAY_CONFIG';

export type OptionName = keyof typeof OPTIONS;
export type OptionValues = { readonly [Name in OptionName]: (typeof OPTIONS)[Name] extends Option<infer Value> ? Value : never };

/** Lets TypeScript infer the type of the value. */
function option<Value>(definition: Option<Value>): Option<Value> {
  return definition;
}
