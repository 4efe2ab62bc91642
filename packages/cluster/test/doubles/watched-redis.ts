import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, RedisServer } from '@causeway/testkit/redis';
import { until } from './until.ts';

const run = promisify(execFile);
const MASTER = 'causeway';
const REPLICAS = 2;
const SENTINELS = 3;
/** As docs/operate/redis.md advises. */
const SETTINGS = ['down-after-milliseconds causeway 3000', 'failover-timeout causeway 10000', 'parallel-syncs causeway 1'];

interface Sentinel {
  readonly port: number;
  readonly process: ChildProcess;
}

/** A real server with two replicas, enough for two failovers, and three real Sentinels that watch them. */
export class WatchedRedis {
  readonly #servers: readonly RedisServer[];
  readonly #sentinels: readonly Sentinel[];
  readonly #folder: string;

  private constructor(servers: readonly RedisServer[], sentinels: readonly Sentinel[], folder: string) {
    this.#servers = servers;
    this.#sentinels = sentinels;
    this.#folder = folder;
  }

  static async start(): Promise<WatchedRedis> {
    const master = await RedisServer.start();
    const replicaOptions = { options: ['--replicaof', '127.0.0.1', String(master.port)] };
    const replicas = [await RedisServer.start(replicaOptions), await RedisServer.start(replicaOptions)];
    const folder = await mkdtemp(join(tmpdir(), 'causeway-sentinel-'));
    const sentinels: Sentinel[] = [];
    for (let number = 0; number < SENTINELS; number++) sentinels.push(await startSentinel(master.port, folder));
    const watched = new WatchedRedis([master, ...replicas], sentinels, folder);
    await watched.#untilReady();
    return watched;
  }

  get url(): string {
    return `redis+sentinel://${this.#sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`;
  }

  /** Whom the Sentinels send clients to. */
  async master(): Promise<RedisServer> {
    const [, port] = (await this.#ask('get-master-addr-by-name', MASTER)).split('\n');
    const master = this.#servers.find((server) => server.port === Number(port));
    if (master === undefined) throw new Error(`no server of ours has port ${port}`);
    return master;
  }

  /** Until the Sentinels know each other and the replicas. */
  async #untilReady(): Promise<void> {
    await until(
      'a failover is possible',
      async () => {
        const replicas = await this.#ask('replicas', MASTER);
        const isUsable = (await this.#ask('ckquorum', MASTER)).includes('3 usable');
        return isUsable && replicas.split('master-link-status\nok').length > REPLICAS;
      },
      30_000,
    );
  }

  async stop(): Promise<void> {
    for (const { process } of this.#sentinels) {
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    }
    await Promise.all(this.#servers.map((server) => server.stop()));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ask(...words: readonly string[]): Promise<string> {
    const [first] = this.#sentinels;
    const { stdout } = await run('redis-cli', ['-p', String(first?.port), 'sentinel', ...words], { timeout: 5_000 });
    return stdout.trim();
  }
}

async function startSentinel(masterPort: number, folder: string): Promise<Sentinel> {
  const port = await freePort();
  const file = join(folder, `sentinel-${port}.conf`);
  const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`];
  await writeFile(file, [...lines, ...SETTINGS.map((setting) => `sentinel ${setting}`), ''].join('\n'));
  return { port, process: spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }) };
}
