import { authenticate, createStaticAppStore, digestSecret } from '@causeway/accounts';
import { ConfigError } from '../src/config/config-error.ts';
import { describeUsage } from '../src/config/describe-options.ts';
import { loadConfig } from '../src/config/load-config.ts';
import { OPTIONS } from '../src/config/options.ts';

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
    udpPort: 8081,
    listenAddress: undefined,
    announcedAddresses: [],
    region: 'local',
    nodeNumber: 101,
    maxSessions: 10_000,
    maxMemoryMb: undefined,
    maxEventLoopDelayMs: 50,
    debugPort: undefined,
    logLevel: 'info',
    apps: [],
  });
});

test('takes every option from the environment', async () => {
  const config = load({
    CAUSEWAY_HTTP_PORT: '80',
    CAUSEWAY_UDP_PORT: '0',
    CAUSEWAY_LISTEN: '::',
    CAUSEWAY_ANNOUNCED_ADDRESS: '203.0.113.7, 2001:db8::7',
    CAUSEWAY_APP_ID: 'demo',
    CAUSEWAY_APP_SECRET: 's3cret',
    CAUSEWAY_REGION: 'eu-west',
    CAUSEWAY_NODE: '7',
    CAUSEWAY_MAX_SESSIONS: '500',
    CAUSEWAY_MAX_MEMORY_MB: '512',
    CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '20',
    CAUSEWAY_DEBUG_PORT: '9100',
    CAUSEWAY_LOG_LEVEL: 'debug',
  });

  expect(config).toMatchObject({
    httpPort: 80,
    udpPort: 0,
    listenAddress: '::',
    announcedAddresses: ['203.0.113.7', '2001:db8::7'],
    region: 'eu-west',
    nodeNumber: 7,
    maxSessions: 500,
    maxMemoryMb: 512,
    maxEventLoopDelayMs: 20,
    debugPort: 9100,
    logLevel: 'debug',
  });
  expect(await authenticate(createStaticAppStore(config.apps), 'demo', 'Bearer s3cret')).toMatchObject({ appId: 'demo' });
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
        { id: 'one', secrets: ['old', 'new'], autoPublish: false, maxCallsPerSecondPerSession: 10 },
        { id: 'two', secretDigests: [digest], maxCallsPerSecondPerApp: 20 },
      ],
    }),
  );

  expect(config).toMatchObject({ httpPort: 80, announcedAddresses: ['203.0.113.7'], logLevel: 'warn', udpPort: 8081 });
  expect(config.apps).toEqual([
    {
      id: 'one',
      secretDigests: [digestSecret('old'), digestSecret('new')],
      settings: { autoPublish: false, maxCallsPerSecondPerSession: 10, maxCallsPerSecondPerApp: 1000 },
    },
    {
      id: 'two',
      secretDigests: [digest],
      settings: { autoPublish: true, maxCallsPerSecondPerSession: 50, maxCallsPerSecondPerApp: 20 },
    },
  ]);
});

test('the environment overrides the file and adds its app', () => {
  const file = JSON.stringify({ httpPort: 80, region: 'eu', apps: [{ id: 'one', secrets: ['s'] }] });

  const config = load({ CAUSEWAY_HTTP_PORT: '81', CAUSEWAY_APP_ID: 'two', CAUSEWAY_APP_SECRET: 's' }, file);

  expect(config).toMatchObject({ httpPort: 81, region: 'eu' });
  expect(config.apps.map((app) => app.id)).toEqual(['one', 'two']);
});

const ALL_VARIABLES = [...Object.values(OPTIONS).map((option) => option.variable), 'CAUSEWAY_CONFIG'].join(', ');

const REFUSED_VARIABLES: [environment: Record<string, string>, message: string][] = [
  [{ CAUSEWAY_HTTP_PROT: '80' }, `CAUSEWAY_HTTP_PROT is not an option; there are ${ALL_VARIABLES}`],
  [{ CAUSEWAY_HTTP_PORT: '' }, 'CAUSEWAY_HTTP_PORT must be a whole number from 0 to 65535, not ""'],
  [{ CAUSEWAY_HTTP_PORT: '80a' }, 'CAUSEWAY_HTTP_PORT must be a whole number from 0 to 65535, not "80a"'],
  [{ CAUSEWAY_HTTP_PORT: '-1' }, 'CAUSEWAY_HTTP_PORT must be a whole number from 0 to 65535, not "-1"'],
  [{ CAUSEWAY_UDP_PORT: '65536' }, 'CAUSEWAY_UDP_PORT must be a whole number from 0 to 65535, not "65536"'],
  [{ CAUSEWAY_LISTEN: 'localhost' }, 'CAUSEWAY_LISTEN must be an IPv4 or IPv6 address, not "localhost"'],
  [{ CAUSEWAY_ANNOUNCED_ADDRESS: '1.2.3.4,' }, 'CAUSEWAY_ANNOUNCED_ADDRESS must be IP addresses separated by commas, not "1.2.3.4,"'],
  [{ CAUSEWAY_ANNOUNCED_ADDRESS: 'sfu.example' }, 'CAUSEWAY_ANNOUNCED_ADDRESS must be IP addresses separated by commas, not "sfu.example"'],
  [{ CAUSEWAY_NODE: '1.5' }, 'CAUSEWAY_NODE must be a whole number from 0 to 65535, not "1.5"'],
  [{ CAUSEWAY_REGION: 'eu west' }, 'CAUSEWAY_REGION must be 1 to 32 letters, digits, "_" or "-", not "eu west"'],
  [{ CAUSEWAY_LOG_LEVEL: 'loud' }, 'CAUSEWAY_LOG_LEVEL must be one of error, warn, info, http, debug, not "loud"'],
  [{ CAUSEWAY_APP_ID: 'a b', CAUSEWAY_APP_SECRET: 's' }, 'CAUSEWAY_APP_ID must be 1 to 64 letters, digits, "_" or "-", not "a b"'],
  [{ CAUSEWAY_APP_ID: 'a', CAUSEWAY_APP_SECRET: 'two words' }, 'CAUSEWAY_APP_SECRET must be 1 to 256 visible ASCII characters'],
  [{ CAUSEWAY_APP_ID: 'a' }, 'CAUSEWAY_APP_SECRET is missing: CAUSEWAY_APP_ID and CAUSEWAY_APP_SECRET belong together'],
  [{ CAUSEWAY_APP_SECRET: 'a' }, 'CAUSEWAY_APP_ID is missing: CAUSEWAY_APP_ID and CAUSEWAY_APP_SECRET belong together'],
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
  ['[]', 'CAUSEWAY_CONFIG: sfu.json must hold a JSON object'],
  ['{"port":1}', `"port" in sfu.json is not an option; there are ${[...Object.keys(OPTIONS), 'apps'].join(', ')}`],
  ['{"httpPort":"x"}', '"httpPort" in the config file must be a whole number from 0 to 65535, not "x"'],
  ['{"announcedAddresses":[]}', '"announcedAddresses" in the config file must be IP addresses separated by commas, not []'],
  ['{"apps":{}}', '"apps" in the config file must be a list'],
  ['{"apps":["a"]}', 'apps[0] must be an object'],
  ['{"apps":[{"id":"a"}]}', 'apps[0] must have either secrets or secretDigests'],
  [
    '{"apps":[{"id":"a","secret":"s"}]}',
    'apps[0].secret is not an option; an app has id, secrets, secretDigests, autoPublish, maxCallsPerSecondPerSession, maxCallsPerSecondPerApp',
  ],
  ['{"apps":[{"id":"a","secrets":"s"}]}', 'apps[0].secrets must be a list of 1 to 2 texts'],
  ['{"apps":[{"id":"a","secrets":["1","2","3"]}]}', 'apps[0].secrets must be a list of 1 to 2 texts'],
  ['{"apps":[{"id":"a b","secrets":["1"]}]}', 'apps[0]: app id "a b" must be 1 to 64 letters, digits, "_" or "-"'],
  ['{"apps":[{"id":"a","secretDigests":["1"]}]}', 'apps[0].secretDigests must be SHA-256 in lower-case hex'],
  ['{"apps":[{"id":"a","secrets":["1"],"autoPublish":"yes"}]}', 'apps[0].autoPublish must be true or false'],
  ['{"apps":[{"id":"a","secrets":["1"]},{"id":"a","secrets":["2"]}]}', 'app "a" is configured twice'],
];

test.each(REFUSED_FILES)('a file with %s is refused in one clear line', (file, message) => {
  expect(() => load({}, file)).toThrow(new ConfigError(message));
});

test('a refused secret is not shown', () => {
  const loadBadSecret = () => load({ CAUSEWAY_APP_ID: 'a', CAUSEWAY_APP_SECRET: 'secret with blanks' });

  expect(loadBadSecret).toThrow(ConfigError);
  expect(loadBadSecret).not.toThrow('secret with blanks');
});

test('--help names every option with its default', () => {
  const usage = describeUsage();

  for (const option of Object.values(OPTIONS)) expect(usage).toContain(option.variable);
  expect(usage).toContain('a whole number from 0 to 65535; default: 8080');
});
