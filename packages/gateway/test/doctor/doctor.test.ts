/** Each thing that the doctor looks at, healthy and with the fault that it is there for. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterSurvey, surveyCluster } from '@causeway/cluster';
import { RedisServer } from '@causeway/lab';
import type { NodeRecord } from '@causeway/sfu';
import { loadConfig } from '../../src/config/load-config.ts';
import { askStun, readMappedAddress } from '../../src/doctor/ask-stun.ts';
import { checkNodes, checkRedis } from '../../src/doctor/cluster-checks.ts';
import { runDoctorCommand } from '../../src/doctor/doctor-command.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { checkAddress, checkMachine, checkPorts } from '../../src/doctor/node-checks.ts';
import { checkBooks, checkService } from '../../src/doctor/service-checks.ts';

const PUBLIC = '203.0.113.5';
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A STUN server that sees everyone at one address; silent without one. */
async function stunServer(mapped?: string): Promise<{ readonly address: string; readonly port: number; readonly socket: Socket }> {
  const socket = createSocket('udp4');
  socket.on('message', (request, { address, port }) => {
    if (mapped === undefined) return;
    const reply = Buffer.alloc(32);
    reply.writeUInt16BE(0x0101, 0);
    reply.writeUInt16BE(12, 2);
    request.copy(reply, 4, 4, 20);
    reply.set([0, 0x20, 0, 8, 0, 1, 0, 0], 20);
    for (const [index, part] of mapped.split('.').entries()) reply[28 + index] = Number(part) ^ (reply[4 + index] ?? 0);
    socket.send(reply, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closing.push(() => socket.close());
  return { address: '127.0.0.1', port: socket.address().port, socket };
}

async function httpServer(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server: Server = createServer(listener);
  server.listen(0, host);
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function brief(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ check, verdict }) => `${check}: ${verdict}`);
}

describe('the machine', () => {
  const GOOD = { nodeVersion: '26.10.0', openFiles: 20_000, maxReceiveBufferBytes: 4 << 20, maxSendBufferBytes: 1 << 20 };

  test('nothing is wrong with a good one', () => {
    expect(new Set(checkMachine(GOOD, 5_000).map(({ verdict }) => verdict))).toEqual(new Set(['ok']));
  });

  test.each([
    ['node', { nodeVersion: '22.1.0' }, 'problem', 'npm install'],
    ['descriptors', { openFiles: 1_024 }, 'warning', 'LimitNOFILE=10000'],
    ['receive buffer', { maxReceiveBufferBytes: 212_992 }, 'warning', 'sysctl -w net.core.rmem_max=4194304'],
    ['send buffer', { maxSendBufferBytes: 212_992 }, 'warning', 'sysctl -w net.core.wmem_max=1048576'],
  ])('%s', (check, change, verdict, mend) => {
    const finding = checkMachine({ ...GOOD, ...change }, 5_000).find((each) => each.check === check);

    expect(finding).toMatchObject({ verdict, mend: expect.stringContaining(mend) });
  });
});

describe('ports', () => {
  test('free ones, and those on which a node answers', async () => {
    const node = await httpServer((_request, response) => response.end('{"status":"alive"}'));
    const media = await stunServer('127.0.0.1');
    const used = await checkPorts({ httpPort: node, udpPort: media.port, listenAddress: '127.0.0.1', httpListenAddress: undefined });
    const free = await checkPorts({ httpPort: 0, udpPort: 0, listenAddress: undefined, httpListenAddress: undefined });

    expect(used.map(({ fact }) => fact)).toEqual([`a node answers on TCP port ${node}`, `a node answers on UDP port ${media.port}`]);
    expect(brief(free)).toEqual(['http port: ok', 'media port: ok']);
  });

  test('ports of other programs', async () => {
    const other = await httpServer((_request, response) => response.end('something else'));
    const silent = await stunServer();
    const findings = await checkPorts({ httpPort: other, udpPort: silent.port, listenAddress: '127.0.0.1', httpListenAddress: undefined });

    expect(brief(findings)).toEqual(['http port: problem', 'media port: problem']);
    expect(findings[0]?.mend).toContain(`ss -ltnp 'sport = :${other}'`);
  });
});

describe('the announced address', () => {
  const config = (...announcedAddresses: string[]) => ({ announcedAddresses, listenAddress: undefined });

  test.each([
    ['is that under which others see the machine', config(PUBLIC), PUBLIC, 'ok', undefined],
    ['is another one', config('198.51.100.7'), PUBLIC, 'problem', `CAUSEWAY_ANNOUNCED_ADDRESS=${PUBLIC}`],
    ['is known within a private network alone', config(PUBLIC), '10.0.0.9', 'ok', undefined],
  ])('%s', async (_what, { announcedAddresses, listenAddress }, seen, verdict, mend) => {
    const finding = await checkAddress({ announcedAddresses, listenAddress }, [await stunServer(seen)]);

    expect([finding.verdict, finding.mend]).toEqual([verdict, mend]);
  });

  test('with nobody to ask, a private one is a warning and another one is not looked at', async () => {
    expect(await checkAddress(config('10.0.0.9'), [])).toMatchObject({ verdict: 'warning' });
    expect(await checkAddress(config(PUBLIC), [])).toMatchObject({ verdict: 'skipped' });
  });

  test('an answer is read in IPv6, too, and only if it is one', () => {
    const transactionId = randomBytes(12);
    const reply = Buffer.alloc(44);
    reply.writeUInt16BE(0x0101, 0);
    reply.writeUInt32BE(0x2112a442, 4);
    transactionId.copy(reply, 8);
    reply.set([0, 0x20, 0, 20, 0, 2, 0, 0], 20);
    for (const [index, byte] of Buffer.from('20010db8000000000000000000000007', 'hex').entries()) {
      reply[28 + index] = byte ^ (reply[4 + index] ?? 0);
    }

    expect(readMappedAddress(reply, transactionId)).toBe('2001:db8::7');
    expect(readMappedAddress(reply, randomBytes(12))).toBeUndefined();
    expect(readMappedAddress(reply.subarray(0, 30), transactionId)).toBeUndefined();
  });

  test('silence is no answer', async () => {
    expect(await askStun(await stunServer())).toBeUndefined();
  });
});

describe('the service from outside', () => {
  const ACCESS = { appId: 'demo', credential: 'token' };

  function service(isBuffered: boolean): RequestListener {
    return (request, response) => {
      if (request.url === '/readyz') return response.end('{"status":"ready"}');
      response.writeHead(request.headers.authorization === 'Bearer token' ? 200 : 401, { 'Content-Type': 'text/event-stream' });
      return isBuffered ? response.flushHeaders() : response.write('retry: 2000\n');
    };
  }

  test('all is well on this machine', async () => {
    const port = await httpServer(service(false));

    expect(brief(await checkService(new URL(`http://127.0.0.1:${port}`), ACCESS))).toEqual([
      'service: ok',
      'camera origin: ok',
      'events: ok',
    ]);
  });

  test('a proxy that holds events back, and pages that get no camera', async () => {
    const port = await httpServer(service(true), '0.0.0.0');
    const findings = await checkService(new URL(`http://0.0.0.0:${port}`), ACCESS);

    expect(brief(findings)).toEqual(['service: ok', 'camera origin: problem', 'events: problem']);
    expect(findings[2]?.mend).toContain('proxy_buffering off');
  });

  test('one that is not there, one that is not ready, and no credential', async () => {
    const starting = await httpServer((_request, response) => response.writeHead(503).end());
    const ready = await httpServer(service(false));

    expect(brief(await checkService(new URL('http://127.0.0.1:1'), ACCESS))).toEqual(['service: problem']);
    expect((await checkService(new URL(`http://127.0.0.1:${starting}`), ACCESS))[0]?.fact).toContain('503');
    expect((await checkService(new URL(`http://127.0.0.1:${ready}`), undefined)).at(-1)).toMatchObject({
      check: 'events',
      verdict: 'skipped',
    });
  });
});

describe('Redis', () => {
  const KEY = 'a-cluster-key-that-is-long-enough-for-tests';
  const OWN = { nodeNo: 101, apiUrl: 'http://10.0.0.1:8080', isRedisOnThisMachine: false };
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start({ isDurable: true });
  });

  afterAll(() => redis.stop());

  test('nothing is wrong with one as docs/operate/redis.md wants it', async () => {
    const findings = checkRedis(await surveyCluster(redis.url, KEY), { ...OWN, isRedisOnThisMachine: true });

    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(findings.map(({ check }) => check)).toContain('clock');
  });

  test('one that forgets, throws away, and lets its user do too little', async () => {
    await redis.command('CONFIG', 'SET', 'appendonly', 'no');
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.command(
      'ACL',
      'SETUSER',
      'node',
      'on',
      '>secret',
      '~sfu:*',
      '+@read',
      '+@write',
      '+@scripting',
      '+@connection',
      '+info',
      '+time',
    );
    const survey = await surveyCluster(redis.url.replace('redis://', 'redis://node:secret@'), KEY);
    const findings = checkRedis({ ...survey, hasPassword: false, clockAheadMs: -90_000 }, OWN);

    expect(survey.deniedCommands).toEqual(['PUBLISH']);
    expect(brief(findings)).toEqual([
      'redis: ok',
      'clock: problem',
      'redis persistence: warning',
      'redis eviction: problem',
      'redis rights: problem',
      'redis password: warning',
    ]);
  });

  test('one that is not there', async () => {
    const environment = {
      CAUSEWAY_REDIS_URL: 'redis://127.0.0.1:1',
      CAUSEWAY_CLUSTER_KEY: KEY,
      CAUSEWAY_NODE: '101',
      CAUSEWAY_HTTP_PORT: '0',
    };
    const config = loadConfig({ environment: { ...environment, CAUSEWAY_UDP_PORT: '0' }, readFile: () => '' });
    const { text, exitCode } = await runDoctorCommand(config, ['--json']);

    expect(exitCode).toBe(1);
    expect(JSON.parse(text).findings).toContainEqual(expect.objectContaining({ check: 'redis', verdict: 'problem' }));
  });

  test('nodes with another key, the same number, and ports that do not answer', async () => {
    const port = await httpServer((_request, response) => response.end('{"status":"alive"}'));
    const media = await stunServer('127.0.0.1');
    const silent = await stunServer();
    const record = (apiUrl: string, linkPort: number) =>
      ({ apiUrl, linkAddresses: [{ address: '127.0.0.1', port: linkPort }] }) as unknown as NodeRecord;
    const nodes = [
      { nodeNo: 101, record: { ...record('http://10.0.0.2:8080', 1), nodeNo: 101 } },
      { nodeNo: 102, record: { ...record(`http://127.0.0.1:${port}`, media.port), nodeNo: 102 } },
      { nodeNo: 103, record: { ...record('http://127.0.0.1:1', silent.port), nodeNo: 103 } },
      { nodeNo: 104, record: undefined },
    ];

    expect(brief(await checkNodes({ nodes } as unknown as ClusterSurvey, OWN))).toEqual([
      'cluster key: problem',
      'node number: problem',
      'node 102 url: ok',
      'node 102 udp: ok',
      'node 103 url: problem',
      'node 103 udp: problem',
    ]);
    expect(brief(await checkNodes({ nodes: [] } as unknown as ClusterSurvey, OWN))).toEqual([
      'cluster key: ok',
      'node number: ok',
      'other nodes: skipped',
    ]);
  });
});

describe('the books', () => {
  const DAY_MS = 86_400_000;

  test('books that can be written, and how old their backup is', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'causeway-doctor-')), 'books.sqlite');
    const place = { kind: 'file', path } as const;
    const none = await checkBooks(place, Date.now());
    writeFileSync(path, '');
    writeFileSync(`${path}.backed-up`, '');
    const fresh = await checkBooks(place, Date.now());
    utimesSync(`${path}.backed-up`, new Date(), new Date(Date.now() - 9 * DAY_MS));
    const old = await checkBooks(place, Date.now());

    expect([none, fresh, old].map((findings) => findings.map(({ verdict }) => verdict))).toEqual([
      ['ok', 'warning'],
      ['ok', 'ok'],
      ['ok', 'warning'],
    ]);
    expect(old[1]?.fact).toContain('9 days ago');
  });

  test('books that cannot be opened, and none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-doctor-'));
    writeFileSync(join(folder, 'file'), 'not a database, and longer than the header of one would be');

    expect(brief(await checkBooks({ kind: 'file', path: join(folder, 'file') }, 0))).toEqual(['books: problem']);
    expect(brief(await checkBooks({ kind: 'postgres', url: 'postgres://127.0.0.1:1/causeway' }, 0))).toEqual(['books: problem']);
    expect(brief(await checkBooks({ kind: 'off' }, 0))).toEqual(['books: ok']);
  });
});

describe('the command', () => {
  const config = loadConfig({
    environment: { CAUSEWAY_HTTP_PORT: '0', CAUSEWAY_UDP_PORT: '0', CAUSEWAY_BOOKS: 'off', CAUSEWAY_ANNOUNCED_ADDRESS: PUBLIC },
    readFile: () => '',
  });

  test('a line for each thing, what mends it below, and an exit code', async () => {
    const { port } = await stunServer('203.0.113.99');
    const { text, exitCode } = await runDoctorCommand(config, ['--from', `stun:127.0.0.1:${port}`]);

    expect(exitCode).toBe(1);
    expect(text).toMatch(/^problem {2}announced address {2}clients are told 203\.0\.113\.5, .* seen as 203\.0\.113\.99$/m);
    expect(text).toMatch(/^ +CAUSEWAY_ANNOUNCED_ADDRESS=203\.0\.113\.99$/m);
    expect(text).toMatch(/^problems: 1, /m);
  });

  test.each([[['--form', 'x']], [['--from', 'ftp://host']], [['now']]])('%j is not understood', async (args) => {
    await expect(runDoctorCommand(config, args)).rejects.toThrow('the command is "causeway doctor [--from URL]... [--json]"');
  });
});
