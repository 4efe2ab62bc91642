import { authenticate, createStaticAppStore, digestSecret } from '@causeway/accounts';
import { describeUsage } from '../src/config/command-usage.ts';
import { loadConfig } from '../src/config/load-config.ts';
import { OPTIONS } from '../src/config/options.ts';
import { ConfigError } from '../src/config/start-error.ts';

const CLUSTER_KEY = '0123456789abcdef0123456789abcdef';
const SECRET = 'a-secret-of-these-tests';
const OLD_SECRET = 'an-old-one-of-these-tests';

/** Loads a configuration from variables and, if given, the text of a config file. */
function load(environment: Record<string, string>, file?: string) {
  return loadConfig({
    environment: file === undefined ? environment : { ...environment, CAUSEWAY_CONFIG: 'sfu.json' },
    readFile: (path) => {
      if (path !== 'sfu.json' || file === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return file;
    },
  });
}

test('with nothing set, everything has its default', () => {
  expect(load({ HOME: '/root', PATH: '/bin' })).toEqual({
    httpPort: 8080,
    pricePerGb: '0',
    usageDays: 400,
    freeGbPerMonth: 0,
    currency: 'USD',
    udpPort: 8081,
    listenAddress: undefined,
    httpListenAddress: undefined,
    announcedAddresses: [],
    region: 'local',
    nodeNumber: 101,
    location: undefined,
    tokenKey: undefined,
    oidc: undefined,
    internalUrl: undefined,
    linkAddresses: undefined,
    trustedProxies: [],
    geoip: 'auto',
    books: { kind: 'file', path: '/root/.local/state/causeway/books.sqlite' },
    areBooksAsked: false,
    usageFolder: undefined,
    webhooksAllowPrivate: [],
    drainSeconds: 60,
    cluster: undefined,
    networks: [],
    regionPrices: [],
    maxDataMbpsPerSession: 320,
    maxDataMessagesPerSecondPerSession: 5_000,
    maxSessions: 10_000,
    maxSessionsPerApp: undefined,
    maxUnconnectedSessionsPerApp: undefined,
    maxTracksPerApp: 100_000,
    maxEgressMbpsPerApp: undefined,
    maxIdempotencyKeysPerApp: 20_000,
    maxEventStreamsPerApp: 500,
    maxConnectionsPerClient: undefined,
    maxFailedAuthenticationsPerMinutePerClient: 300,
    maxNewSessionsPerSecondPerClient: 500,
    maxMemoryMb: undefined,
    maxEventLoopDelayMs: 50,
    workers: 1,
    workerFillPercent: 25,
    debugPort: undefined,
    metricsListen: undefined,
    metricsToken: undefined,
    logLevel: 'info',
    apps: [],
  });
});

test('takes every option from the environment', async () => {
  const config = load({
    CAUSEWAY_HTTP_PORT: '80',
    CAUSEWAY_UDP_PORT: '0',
    CAUSEWAY_LISTEN: '::',
    CAUSEWAY_HTTP_LISTEN: '127.0.0.1',
    CAUSEWAY_ANNOUNCED_ADDRESS: '203.0.113.7, 2001:db8::7',
    CAUSEWAY_APP_ID: 'demo',
    CAUSEWAY_APP_SECRET: SECRET,
    CAUSEWAY_REGION: 'eu-west',
    CAUSEWAY_NODE: '7',
    CAUSEWAY_LOCATION: '-33.87, 151.21',
    CAUSEWAY_REDIS_URL: 'rediss://user:pass@redis.internal:6380',
    CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY,
    CAUSEWAY_INTERNAL_URL: 'http://10.0.0.7:8080/',
    CAUSEWAY_LINK_ADDRESS: '10.0.0.7:8081, [fd00::7]:8081',
    CAUSEWAY_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    CAUSEWAY_GEOIP: 'off',
    CAUSEWAY_BOOKS: 'postgres://books@10.0.0.6/causeway',
    CAUSEWAY_OIDC_ISSUER: 'https://login.example',
    CAUSEWAY_OIDC_CLIENT_ID: 'causeway',
    CAUSEWAY_OIDC_CLIENT_SECRET: SECRET,
    CAUSEWAY_OIDC_NAME: 'Example Login',
    CAUSEWAY_USAGE_FOLDER: '/var/lib/causeway',
    CAUSEWAY_WEBHOOKS_ALLOW_PRIVATE: '10.1.0.0/16',
    CAUSEWAY_DRAIN_SECONDS: '0',
    CAUSEWAY_MAX_SESSIONS: '500',
    CAUSEWAY_MAX_SESSIONS_PER_APP: '400',
    CAUSEWAY_MAX_UNCONNECTED_SESSIONS_PER_APP: '40',
    CAUSEWAY_MAX_TRACKS_PER_APP: '4000',
    CAUSEWAY_MAX_EGRESS_MBPS_PER_APP: '900',
    CAUSEWAY_MAX_IDEMPOTENCY_KEYS_PER_APP: '41',
    CAUSEWAY_MAX_EVENT_STREAMS_PER_APP: '42',
    CAUSEWAY_MAX_CONNECTIONS_PER_CLIENT: '43',
    CAUSEWAY_MAX_FAILED_AUTHENTICATIONS_PER_MINUTE_PER_CLIENT: '44',
    CAUSEWAY_MAX_NEW_SESSIONS_PER_SECOND_PER_CLIENT: '45',
    CAUSEWAY_MAX_MEMORY_MB: '512',
    CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '20',
    CAUSEWAY_DEBUG_PORT: '9100',
    CAUSEWAY_METRICS_LISTEN: '[fd00::7]:9464',
    CAUSEWAY_METRICS_TOKEN: CLUSTER_KEY,
    CAUSEWAY_LOG_LEVEL: 'debug',
  });

  expect(config).toMatchObject({
    httpPort: 80,
    udpPort: 0,
    listenAddress: '::',
    httpListenAddress: '127.0.0.1',
    announcedAddresses: ['203.0.113.7', '2001:db8::7'],
    region: 'eu-west',
    nodeNumber: 7,
    location: { latitudeDegrees: -33.87, longitudeDegrees: 151.21 },
    cluster: { redisUrl: 'rediss://user:pass@redis.internal:6380', clusterKey: CLUSTER_KEY },
    internalUrl: 'http://10.0.0.7:8080',
    linkAddresses: [
      { address: '10.0.0.7', port: 8081 },
      { address: 'fd00::7', port: 8081 },
    ],
    trustedProxies: ['10.0.0.0/8', '::1'],
    geoip: 'off',
    books: { kind: 'postgres', url: 'postgres://books@10.0.0.6/causeway' },
    areBooksAsked: true,
    oidc: { issuer: 'https://login.example', clientId: 'causeway', clientSecret: SECRET, name: 'Example Login' },
    usageFolder: '/var/lib/causeway',
    webhooksAllowPrivate: ['10.1.0.0/16'],
    drainSeconds: 0,
    maxSessions: 500,
    maxSessionsPerApp: 400,
    maxUnconnectedSessionsPerApp: 40,
    maxTracksPerApp: 4000,
    maxEgressMbpsPerApp: 900,
    maxIdempotencyKeysPerApp: 41,
    maxEventStreamsPerApp: 42,
    maxConnectionsPerClient: 43,
    maxFailedAuthenticationsPerMinutePerClient: 44,
    maxNewSessionsPerSecondPerClient: 45,
    maxMemoryMb: 512,
    maxEventLoopDelayMs: 20,
    debugPort: 9100,
    metricsListen: { address: 'fd00::7', port: 9464 },
    metricsToken: CLUSTER_KEY,
    logLevel: 'debug',
  });
  const credentials = { appIdText: 'demo', authorization: `Bearer ${SECRET}` };
  expect(await authenticate(createStaticAppStore(config.apps), credentials)).toMatchObject({ appId: 'demo' });
});

const TOKEN_KEY = { kid: 'key-1', alg: 'HS256', secret: 'a-signing-secret-of-forty-three-characters-' };

test.each<[keys: unknown, problem: string]>([
  ['none', 'apps[0].tokenKeys must be a list of objects'],
  [[7], 'apps[0].tokenKeys must be a list of objects'],
  [[{ ...TOKEN_KEY, use: 'sig' }], 'has a key with the field use'],
  [[{ ...TOKEN_KEY, secret: 'short' }], 'apps[0].tokenKeys: the secret of token key "key-1" must have 43 to 256'],
  [[TOKEN_KEY, TOKEN_KEY], 'at most 2 token keys'],
])('token keys %j are refused', (tokenKeys, problem) => {
  expect(() => load({}, JSON.stringify({ apps: [{ id: 'app', secrets: [SECRET], tokenKeys }] }))).toThrow(problem);
});

test('takes every option from a file, and apps with their settings', () => {
  const digest = digestSecret('other');
  const config = load(
    {},
    JSON.stringify({
      httpPort: 80,
      announcedAddresses: ['203.0.113.7'],
      logLevel: 'warn',
      apps: [
        { id: 'one', secrets: [OLD_SECRET, SECRET], autoPublish: false, maxCallsPerSecondPerSession: 10, refuseSecretFromBrowsers: true },
        { id: 'two', secretDigests: [digest], tokenKeys: [TOKEN_KEY], maxCallsPerSecondPerApp: 20, maxSessions: 7, maxEgressMbps: 8 },
      ],
    }),
  );

  expect(config).toMatchObject({ httpPort: 80, announcedAddresses: ['203.0.113.7'], logLevel: 'warn', udpPort: 8081 });
  expect(config.apps).toEqual([
    {
      id: 'one',
      secretDigests: [digestSecret(OLD_SECRET), digestSecret(SECRET)],
      settings: { autoPublish: false, maxCallsPerSecondPerSession: 10, maxCallsPerSecondPerApp: 1000, refuseSecretFromBrowsers: true },
    },
    {
      id: 'two',
      secretDigests: [digest],
      tokenKeys: [{ kid: 'key-1', alg: 'HS256', key: TOKEN_KEY.secret }],
      settings: {
        autoPublish: true,
        maxCallsPerSecondPerSession: 50,
        maxCallsPerSecondPerApp: 20,
        refuseSecretFromBrowsers: false,
        maxSessions: 7,
        maxEgressMbps: 8,
      },
    },
  ]);
});

test('takes networks and prices from a file', () => {
  const file = {
    networks: [{ range: '10.7.0.0/16', location: '52.5,13.4' }],
    regionPrices: [{ from: 'eu', to: 'us', pricePerGb: 0.02 }],
  };

  expect(load({}, JSON.stringify(file))).toMatchObject({
    networks: [{ range: '10.7.0.0/16', location: { latitudeDegrees: 52.5, longitudeDegrees: 13.4 } }],
    regionPrices: [{ from: 'eu', to: 'us', pricePerGb: 0.02 }],
  });
});

test('a cluster may be told of in a file', () => {
  const file = JSON.stringify({ redisUrl: 'redis://localhost:6379', clusterKey: CLUSTER_KEY, nodeNumber: 102 });

  expect(load({}, file).cluster).toEqual({ redisUrl: 'redis://localhost:6379', clusterKey: CLUSTER_KEY });
});

test('the environment overrides the file and adds its app', () => {
  const file = JSON.stringify({ httpPort: 80, region: 'eu', apps: [{ id: 'one', secrets: [SECRET] }] });

  const config = load({ CAUSEWAY_HTTP_PORT: '81', CAUSEWAY_APP_ID: 'two', CAUSEWAY_APP_SECRET: SECRET }, file);

  expect(config).toMatchObject({ httpPort: 81, region: 'eu' });
  expect(config.apps.map((app) => app.id)).toEqual(['one', 'two']);
});

const REDIS = { CAUSEWAY_REDIS_URL: 'redis://localhost:6379' };

const REFUSED_VARIABLES: [environment: Record<string, string>, message: string][] = [
  [{ CAUSEWAY_HTTP_PROT: '80' }, 'CAUSEWAY_HTTP_PROT is not an option; --help lists them'],
  [{ CAUSEWAY_HTTP_PORT: '' }, 'CAUSEWAY_HTTP_PORT must be a whole number from 0 to 65535, not ""'],
  [{ CAUSEWAY_HTTP_PORT: '80a' }, 'CAUSEWAY_HTTP_PORT must be a whole number from 0 to 65535, not "80a"'],
  [{ CAUSEWAY_HTTP_PORT: '-1' }, 'CAUSEWAY_HTTP_PORT must be a whole number from 0 to 65535, not "-1"'],
  [{ CAUSEWAY_UDP_PORT: '65536' }, 'CAUSEWAY_UDP_PORT must be a whole number from 0 to 65535, not "65536"'],
  [
    { CAUSEWAY_LISTEN: '127.0.0.1', CAUSEWAY_ANNOUNCED_ADDRESS: '127.0.0.1,203.0.113.7' },
    'CAUSEWAY_LISTEN is 127.0.0.1, so media sent to CAUSEWAY_ANNOUNCED_ADDRESS 203.0.113.7 cannot arrive; for a proxy in front of the API, set CAUSEWAY_HTTP_LISTEN instead',
  ],
  [{ CAUSEWAY_HTTP_LISTEN: 'localhost' }, 'CAUSEWAY_HTTP_LISTEN must be an IPv4 or IPv6 address, not "localhost"'],
  [{ CAUSEWAY_LISTEN: 'localhost' }, 'CAUSEWAY_LISTEN must be an IPv4 or IPv6 address, not "localhost"'],
  [{ CAUSEWAY_ANNOUNCED_ADDRESS: '1.2.3.4,' }, 'CAUSEWAY_ANNOUNCED_ADDRESS must be IP addresses separated by commas, not "1.2.3.4,"'],
  [{ CAUSEWAY_ANNOUNCED_ADDRESS: 'sfu.example' }, 'CAUSEWAY_ANNOUNCED_ADDRESS must be IP addresses separated by commas, not "sfu.example"'],
  [{ CAUSEWAY_NODE: '1.5' }, 'CAUSEWAY_NODE must be a whole number from 0 to 65535, not "1.5"'],
  [{ CAUSEWAY_REGION: 'eu west' }, 'CAUSEWAY_REGION must be 1 to 32 letters, digits, "_" or "-", not "eu west"'],
  [{ CAUSEWAY_LOG_LEVEL: 'loud' }, 'CAUSEWAY_LOG_LEVEL must be one of error, warn, info, http, debug, not "loud"'],
  [{ CAUSEWAY_APP_ID: 'a b', CAUSEWAY_APP_SECRET: SECRET }, 'CAUSEWAY_APP_ID must be 1 to 64 letters, digits, "_" or "-", not "a b"'],
  [
    { CAUSEWAY_APP_ID: 'a', CAUSEWAY_APP_SECRET: 'two-words-with a blank between' },
    'CAUSEWAY_APP_SECRET must be 22 to 256 visible ASCII characters',
  ],
  [{ CAUSEWAY_APP_ID: 'a', CAUSEWAY_APP_SECRET: 'x'.repeat(21) }, 'CAUSEWAY_APP_SECRET must be 22 to 256 visible ASCII characters'],
  [{ CAUSEWAY_APP_ID: 'a' }, 'CAUSEWAY_APP_SECRET is missing: CAUSEWAY_APP_ID and CAUSEWAY_APP_SECRET belong together'],
  [{ CAUSEWAY_APP_SECRET: SECRET }, 'CAUSEWAY_APP_ID is missing: CAUSEWAY_APP_ID and CAUSEWAY_APP_SECRET belong together'],
  [REDIS, 'CAUSEWAY_CLUSTER_KEY is missing: with CAUSEWAY_REDIS_URL it must be 32 to 256 visible ASCII characters'],
  [{ ...REDIS, CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY.slice(1) }, 'CAUSEWAY_CLUSTER_KEY must be 32 to 256 visible ASCII characters'],
  [
    { ...REDIS, CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY },
    'CAUSEWAY_NODE is missing: with CAUSEWAY_REDIS_URL every node needs a number of its own',
  ],
  [
    { ...REDIS, CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY, CAUSEWAY_NODE: '1', CAUSEWAY_TOKEN_KEY: CLUSTER_KEY },
    'CAUSEWAY_TOKEN_KEY has no effect with CAUSEWAY_REDIS_URL: tokens of a cluster are signed with its key',
  ],
  [{ CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY }, 'CAUSEWAY_REDIS_URL is missing: CAUSEWAY_CLUSTER_KEY has no effect without it'],
  [{ CAUSEWAY_USAGE_FOLDER: '/var/lib' }, 'CAUSEWAY_REDIS_URL is missing: CAUSEWAY_USAGE_FOLDER has no effect without it'],
  [
    { CAUSEWAY_OIDC_ISSUER: 'https://login.example' },
    'CAUSEWAY_OIDC_CLIENT_ID is missing: an OpenID provider takes both its issuer and a client id',
  ],
  [{ CAUSEWAY_OIDC_NAME: 'Login' }, 'CAUSEWAY_OIDC_ISSUER is missing: an OpenID provider takes both its issuer and a client id'],
  [
    { CAUSEWAY_OIDC_ISSUER: 'http://login.example', CAUSEWAY_OIDC_CLIENT_ID: 'a' },
    'CAUSEWAY_OIDC_ISSUER must be a URL such as https://login.example, without user, query and fragment; http: only on this machine, not "http://login.example"',
  ],
  [{ CAUSEWAY_LINK_ADDRESS: '10.0.0.7:8081' }, 'CAUSEWAY_REDIS_URL is missing: CAUSEWAY_LINK_ADDRESS has no effect without it'],
  [{ CAUSEWAY_REDIS_URL: 'localhost:6379' }, 'CAUSEWAY_REDIS_URL must be a URL such as redis://10.0.0.5:6379'],
  [
    { CAUSEWAY_INTERNAL_URL: '10.0.0.7:8080' },
    'CAUSEWAY_INTERNAL_URL must be a URL such as http://10.0.0.7:8080, without user, query and fragment, not "10.0.0.7:8080"',
  ],
  [
    { CAUSEWAY_LINK_ADDRESS: 'fd00::7:8081' },
    'CAUSEWAY_LINK_ADDRESS must be IP addresses with ports, such as 203.0.113.7:8081 or [2001:db8::7]:8081, separated by commas, not "fd00::7:8081"',
  ],
  [{ CAUSEWAY_LOCATION: '91,0' }, 'CAUSEWAY_LOCATION must be latitude and longitude in degrees, such as 52.52,13.40, not "91,0"'],
  [
    { CAUSEWAY_TRUSTED_PROXIES: '10.0.0.0/33' },
    'CAUSEWAY_TRUSTED_PROXIES must be IP addresses or ranges such as 10.0.0.0/8, separated by commas, not "10.0.0.0/33"',
  ],
  [
    { CAUSEWAY_METRICS_LISTEN: '9464' },
    'CAUSEWAY_METRICS_LISTEN must be an IP address with a port, such as 10.0.0.7:9464 or [2001:db8::7]:9464, not "9464"',
  ],
  [
    { CAUSEWAY_METRICS_LISTEN: '10.0.0.7:9464' },
    'CAUSEWAY_METRICS_TOKEN is missing: CAUSEWAY_METRICS_LISTEN and CAUSEWAY_METRICS_TOKEN belong together',
  ],
  [
    { CAUSEWAY_METRICS_TOKEN: CLUSTER_KEY },
    'CAUSEWAY_METRICS_LISTEN is missing: CAUSEWAY_METRICS_LISTEN and CAUSEWAY_METRICS_TOKEN belong together',
  ],
  [
    { CAUSEWAY_BOOKS: 'mysql://books:password@10.0.0.6/causeway' },
    'CAUSEWAY_BOOKS must be the path of a file, a URL such as postgres://user:password@10.0.0.6/causeway, or off',
  ],
  [{ CAUSEWAY_GEOIP: 'yes' }, 'CAUSEWAY_GEOIP must be one of off, auto, on, not "yes"'],
  [{ CAUSEWAY_DRAIN_SECONDS: '-1' }, 'CAUSEWAY_DRAIN_SECONDS must be a whole number from 0 to 86400, not "-1"'],
  [
    { CAUSEWAY_CONFIG: 'missing.json' },
    "CAUSEWAY_CONFIG: missing.json cannot be read: ENOENT: no such file or directory, open 'missing.json'",
  ],
];

test.each(REFUSED_VARIABLES)('%j is refused in one clear line', (environment, message) => {
  expect(() => load(environment)).toThrow(new ConfigError(message));
});

const REFUSED_FILES: [file: string, message: string][] = [
  ['{', 'CAUSEWAY_CONFIG: sfu.json is not JSON'],
  ['[]', 'CAUSEWAY_CONFIG: sfu.json must contain a JSON object'],
  [
    '{"port":1}',
    `"port" in sfu.json is not an option; the options are ${[...Object.keys(OPTIONS), 'networks', 'regionPrices', 'apps'].join(', ')}`,
  ],
  ['{"httpPort":"x"}', '"httpPort" in the config file must be a whole number from 0 to 65535, not "x"'],
  ['{"announcedAddresses":[]}', '"announcedAddresses" in the config file must be IP addresses separated by commas, not []'],
  ['{"networks":{}}', '"networks" in the config file must be a list'],
  ['{"networks":[{"range":"10.0.0.0/8"}]}', 'networks[0].location must be latitude and longitude in degrees, such as 52.52,13.40'],
  ['{"networks":["10.0.0.0/8"]}', 'networks[0] must be an object'],
  ['{"regionPrices":[{"from":"eu","to":"us","price":1}]}', 'regionPrices[0].price is not an option; the options are from, to, pricePerGb'],
  ['{"regionPrices":[{"from":"eu","to":"us","pricePerGb":-1}]}', 'regionPrices[0].pricePerGb must be a number that is not negative'],
  ['{"apps":{}}', '"apps" in the config file must be a list'],
  ['{"apps":["a"]}', 'apps[0] must be an object'],
  ['{"apps":[{"id":"a"}]}', 'apps[0] must have either secrets or secretDigests'],
  [
    '{"apps":[{"id":"a","secret":"s"}]}',
    'apps[0].secret is not an option; an app has id, secrets, secretDigests, tokenKeys, autoPublish, maxCallsPerSecondPerSession, maxCallsPerSecondPerApp, refuseSecretFromBrowsers, monthlyQuotaGb, quotaGraceSeconds, maxSessions, maxUnconnectedSessions, maxTracks, maxEgressMbps, maxIdempotencyKeys, maxEventStreams',
  ],
  ['{"apps":[{"id":"a","secrets":"s"}]}', 'apps[0].secrets must be a list of 1 to 2 strings'],
  ['{"apps":[{"id":"a","secrets":["1","2","3"]}]}', 'apps[0].secrets must be a list of 1 to 2 strings'],
  [`{"apps":[{"id":"a b","secrets":["${SECRET}"]}]}`, 'apps[0]: app id "a b" must be 1 to 64 letters, digits, "_" or "-"'],
  ['{"apps":[{"id":"a","secretDigests":["1"]}]}', 'apps[0].secretDigests must be SHA-256 in lower-case hex'],
  [`{"apps":[{"id":"a","secrets":["${SECRET}"],"maxTracks":0}]}`, 'apps[0].maxTracks must be a whole number from 1 to 100000000'],
  [`{"apps":[{"id":"a","secrets":["${SECRET}"],"autoPublish":"yes"}]}`, 'apps[0].autoPublish must be true or false'],
  [
    `{"apps":[{"id":"a","secrets":["${SECRET}","short"]}]}`,
    'apps[0]: a secret of app "a" must have at least 22 characters, not 5, so that it cannot be guessed; "openssl rand -hex 32" makes a good one',
  ],
  [`{"apps":[{"id":"a","secrets":["${SECRET}"]},{"id":"a","secrets":["${SECRET}"]}]}`, 'app "a" is configured twice'],
];

test.each(REFUSED_FILES)('a file with %s is refused in one clear line', (file, message) => {
  expect(() => load({}, file)).toThrow(new ConfigError(message));
});

test('a refused secret is not shown', () => {
  const loadBadSecret = () => load({ CAUSEWAY_APP_ID: 'a', CAUSEWAY_APP_SECRET: 'a secret with blanks in it' });

  expect(loadBadSecret).toThrow(ConfigError);
  expect(loadBadSecret).not.toThrow('secret with blanks');
});

test('--help names every option with its default', () => {
  const usage = describeUsage();

  for (const option of Object.values(OPTIONS)) expect(usage).toContain(option.variable);
  expect(usage).toContain('a whole number from 0 to 65535; default: 8080');
});

test.each([
  [{ STATE_DIRECTORY: '/var/lib/causeway', HOME: '/root' }, '/var/lib/causeway/books.sqlite'],
  [{ STATE_DIRECTORY: '/var/lib/one:/var/lib/two' }, '/var/lib/one/books.sqlite'],
  [{ XDG_STATE_HOME: '/data', HOME: '/root' }, '/data/causeway/books.sqlite'],
  [{ HOME: '/root' }, '/root/.local/state/causeway/books.sqlite'],
  [{ HOME: '/root', CAUSEWAY_BOOKS: 'here.sqlite' }, 'here.sqlite'],
])('with %j the books are in %s', (environment, path) => {
  expect(load(environment).books).toEqual({ kind: 'file', path });
});

test('there are no books where there is no folder for them, in a cluster that does not name them, and where they are off', () => {
  expect(load({}).books).toBeUndefined();
  expect(
    load({ HOME: '/root', CAUSEWAY_REDIS_URL: 'redis://r', CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY, CAUSEWAY_NODE: '7' }).books,
  ).toBeUndefined();
  expect(load({ HOME: '/root', CAUSEWAY_BOOKS: 'off' }).books).toEqual({ kind: 'off' });
});

test('an OpenID provider is taken as it is written, and called by its host unless it has a name', () => {
  const environment = { CAUSEWAY_OIDC_ISSUER: 'https://login.example/staff/', CAUSEWAY_OIDC_CLIENT_ID: 'causeway' };
  const expected = { issuer: 'https://login.example/staff/', clientId: 'causeway', clientSecret: undefined };

  expect(load(environment).oidc).toEqual({ ...expected, name: 'login.example' });
  expect(load({ ...environment, CAUSEWAY_OIDC_NAME: 'Example Login' }).oidc?.name).toBe('Example Login');
});
