import { readFileSync } from 'node:fs';
import { planNodes, REGIONS } from '@causeway/faults';
import { PROJECT_ROOT } from '@causeway/lab';
import { parse } from 'yaml';

interface Service {
  readonly image?: string;
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly volumes?: readonly string[];
  readonly pids_limit?: number;
  readonly mem_limit?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks?: Readonly<Record<string, { readonly ipv4_address: string }>>;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

const file = parse(readFileSync(`${PROJECT_ROOT}/infra/compose.yml`, 'utf8'), { merge: true }) as ComposeFile;
const plan = planNodes({
  basePort: 8180,
  app: { appId: 'app', secret: 'secret' },
  clusterKey: 'key',
  redisUrl: 'redis://redis:6379',
  isImpairable: false,
});

/** What the Compose Specification allows in a service, of what this file could need. */
const SERVICE_KEYS = [
  'image',
  'build',
  'command',
  'user',
  'cap_drop',
  'security_opt',
  'read_only',
  'tmpfs',
  'pids_limit',
  'mem_limit',
  'restart',
  'stop_grace_period',
  'depends_on',
  'environment',
  'ports',
  'volumes',
  'networks',
  'healthcheck',
];

describe('infra/compose.yml', () => {
  it('has a Redis and the regions of npm run cluster, and nothing else', () => {
    expect(Object.keys(file.services)).toEqual(['redis', ...REGIONS.map(({ name }) => name)]);
    expect(Object.keys(file).sort()).toEqual(['name', 'networks', 'services', 'volumes', 'x-confined', 'x-environment', 'x-node']);
    for (const service of Object.values(file.services)) expect(SERVICE_KEYS).toEqual(expect.arrayContaining(Object.keys(service)));
  });

  it.each(Object.entries(file.services))(
    'gives %s no rights, no file system to write to, and no more than its share of the machine',
    (_, service) => {
      const { cap_drop, security_opt, read_only, pids_limit, mem_limit, ...rest } = service;

      expect({ cap_drop, security_opt, read_only }).toEqual({
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        read_only: true,
      });
      expect(pids_limit).toBeGreaterThan(0);
      expect(mem_limit).toMatch(/^\d+[mg]$/);
      expect(Object.keys(rest)).not.toEqual(expect.arrayContaining(['privileged', 'cap_add', 'pid', 'network_mode']));
    },
  );

  it('has Redis run as its own user, with less memory for data than it may have in all', () => {
    const { redis } = file.services;

    expect(redis).toMatchObject({ user: 'redis', mem_limit: '512m', volumes: ['redis:/data'] });
    expect(redis?.command?.join(' ')).toContain('--maxmemory 256mb --maxmemory-policy noeviction');
  });

  it.each(plan.map((node) => [node.name, node] as const))('tells %s the same options as npm run cluster does', (name, node) => {
    const environment = file.services[name]?.environment ?? {};

    // In containers clients must be told the address of the machine; processes know it.
    expect(Object.keys(environment).sort()).toEqual([...Object.keys(node.environment), 'CAUSEWAY_ANNOUNCED_ADDRESS'].sort());
    for (const option of ['REGION', 'NODE', 'LOCATION', 'HTTP_PORT', 'UDP_PORT', 'DEBUG_PORT', 'REDIS_URL'].map(
      (word) => `CAUSEWAY_${word}`,
    )) {
      expect({ [option]: environment[option] }).toEqual({ [option]: node.environment[option] });
    }
  });

  it.each(plan.map((node) => [node.name, node] as const))('lets clients and other nodes reach %s where it says', (name, node) => {
    const { environment = {}, ports, networks, depends_on } = file.services[name] ?? {};
    const address = networks?.cluster?.ipv4_address;

    expect(ports).toEqual([`${node.httpPort}:${node.httpPort}`, `${node.udpPort}:${node.udpPort}/udp`]);
    expect(environment.CAUSEWAY_INTERNAL_URL).toBe(`http://${address}:${node.httpPort}`);
    expect(environment.CAUSEWAY_LINK_ADDRESS).toBe(`${address}:${node.udpPort}`);
    expect(depends_on).toEqual({ redis: { condition: 'service_healthy' } });
  });

  it('takes secrets from the environment, and starts without none of them', () => {
    for (const { name } of REGIONS) {
      const { CAUSEWAY_APP_SECRET: secret, CAUSEWAY_CLUSTER_KEY: key } = file.services[name]?.environment ?? {};

      expect([secret, key]).toEqual([
        expect.stringMatching(/^\$\{CAUSEWAY_APP_SECRET:\?/),
        expect.stringMatching(/^\$\{CAUSEWAY_CLUSTER_KEY:\?/),
      ]);
    }
  });
});
