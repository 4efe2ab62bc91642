/** `causeway cluster`: nodes in several regions, each a process of its own, and the Redis that they share, until a signal comes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `causeway cluster [--regions N] [--port P]

  --regions N   how many regions, 1 to 5 (3), with a node each
  --port P      HTTP port of the first node (8181), the next ones follow; UDP ports begin ten above

Redis comes from CAUSEWAY_REDIS_URL, or a redis-server on the PATH is started. Other CAUSEWAY_ variables are passed on to all nodes.
`;
const REGIONS = [
  { name: 'eu', location: '50.11,8.68' },
  { name: 'us', location: '39.04,-77.49' },
  { name: 'ap', location: '1.35,103.82' },
  { name: 'sa', location: '-23.55,-46.63' },
  { name: 'af', location: '-33.92,18.42' },
] as const;
const FIRST_NODE_NO = 101;
const DEFAULT_PORT = 8181;
const UDP_PORT_OFFSET = 10;
const MAX_PORT = 65_535 - UDP_PORT_OFFSET - REGIONS.length;
const START_DEADLINE_MS = 30_000;
const POLL_EVERY_MS = 200;
const EXIT_CODE_MISCONFIGURED = 2;

/** @returns the exit code */
export async function runCluster(args: readonly string[]): Promise<number> {
  const plan = readPlan(args);
  if (typeof plan === 'string') {
    process.stderr.write(`causeway: ${plan}\n\n${USAGE}`);
    return EXIT_CODE_MISCONFIGURED;
  }
  if (plan === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const children: ChildProcess[] = [];
  // Ctrl+C in a terminal reaches the children as well; they are told again because a signal may be sent to this process alone.
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  try {
    const isOver = await Promise.race([startAll(plan, children).then(() => false), stopped.then(() => true)]);
    if (!isOver) await Promise.race([stopped, ...children.map(failure)]);
    return 0;
  } catch (error) {
    process.stderr.write(`causeway: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    // The nodes first, as they say goodbye to Redis.
    await Promise.all(children.slice(1).map(stop));
    await Promise.all(children.slice(0, 1).map(stop));
  }
}

interface Plan {
  readonly regions: number;
  readonly port: number;
}

/** @returns what is wrong, as a text; undefined if help is asked for */
function readPlan(args: readonly string[]): Plan | string | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { regions: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) return undefined;
    const regions = Number(values.regions ?? 3);
    const port = Number(values.port ?? DEFAULT_PORT);
    if (!Number.isInteger(regions) || regions < 1 || regions > REGIONS.length) return `--regions must be 1 to ${REGIONS.length}`;
    if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) return `--port must be 1 to ${MAX_PORT}`;
    return { regions, port };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function startAll({ regions, port }: Plan, children: ChildProcess[]): Promise<void> {
  const { CAUSEWAY_APP_ID = 'demo', CAUSEWAY_APP_SECRET = randomBytes(32).toString('hex') } = process.env;
  const redisUrl = process.env.CAUSEWAY_REDIS_URL ?? (await startRedis(children));
  const shared = {
    CAUSEWAY_ANNOUNCED_ADDRESS: '127.0.0.1',
    CAUSEWAY_CLUSTER_KEY: randomBytes(32).toString('hex'),
    CAUSEWAY_DRAIN_SECONDS: '0',
    ...process.env,
    CAUSEWAY_APP_ID,
    CAUSEWAY_APP_SECRET,
    CAUSEWAY_REDIS_URL: redisUrl,
  };
  const nodes = REGIONS.slice(0, regions).map((region, index) => ({ ...region, no: FIRST_NODE_NO + index, port: port + index }));
  const main = fileURLToPath(import.meta.resolve('@causeway/gateway/daemon'));
  for (const node of nodes) {
    const udpPort = node.port + UDP_PORT_OFFSET;
    const own = {
      CAUSEWAY_NODE: String(node.no),
      CAUSEWAY_REGION: node.name,
      CAUSEWAY_LOCATION: node.location,
      CAUSEWAY_HTTP_PORT: String(node.port),
      CAUSEWAY_UDP_PORT: String(udpPort),
      CAUSEWAY_INTERNAL_URL: `http://127.0.0.1:${node.port}`,
      CAUSEWAY_LINK_ADDRESS: `127.0.0.1:${udpPort}`,
    };
    const child = spawn(process.execPath, ['--v8-pool-size=1', ...process.execArgv, main], {
      env: { ...shared, ...own },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    children.push(child);
  }
  const failed = Promise.race(children.map(failure));
  await Promise.race([failed, Promise.all(nodes.map((node) => waitUntilReady(`http://127.0.0.1:${node.port}/readyz`)))]);
  for (const { name, port: httpPort } of nodes) {
    process.stdout.write(`${name}: http://localhost:${httpPort}/#app=${CAUSEWAY_APP_ID}&secret=${CAUSEWAY_APP_SECRET}\n`);
  }
}

/** Keeps nothing on disk. @throws Error – there is no redis-server */
async function startRedis(children: ChildProcess[]): Promise<string> {
  const port = await findFreePort();
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--loglevel', 'warning'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const started = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]).catch(() => false);
  if (!started) throw new Error('redis-server was not found: install it (Debian: apt-get install redis-server), or set CAUSEWAY_REDIS_URL');
  children.push(child);
  return `redis://127.0.0.1:${port}`;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

async function waitUntilReady(url: string): Promise<void> {
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < START_DEADLINE_MS) {
    const reply = await fetch(url).catch(() => undefined);
    if (reply?.ok === true) return;
    await delay(POLL_EVERY_MS);
  }
  throw new Error(`${url} did not say that it is ready within ${START_DEADLINE_MS / 1_000} s`);
}

/** Rejects when it ends, or has ended. */
async function failure(child: ChildProcess): Promise<never> {
  if (!hasEnded(child)) await once(child, 'exit');
  throw new Error(`a process of the cluster has ended (${child.spawnargs.at(-1)})`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
