import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../processes/child.ts';
import { findFreePort } from '../processes/ports.ts';
import { waitUntil } from '../wait-until.ts';
import { askRedis, RedisServer } from './redis-server.ts';

const MASTER = 'causeway';
const SENTINELS = 3;
const QUORUM = 2;
/** The settings that `docs/operate/redis.md` recommends. */
const SETTINGS = ['down-after-milliseconds causeway 3000', 'failover-timeout causeway 10000', 'parallel-syncs causeway 1'];
const READY_DEADLINE_MS = 30_000;

export interface WatchedRedisOptions {
  /** The number of replicas, and therefore of possible failovers. */
  readonly replicas: number;
  /** The first of consecutive free ports for the master, the replicas and the Sentinels. Default: any free ports. */
  readonly firstPort?: number;
  /** The user id that the master runs as, which only root can set. */
  readonly masterUid?: number;
}

/** A real master, its replicas, and three Sentinels that watch them. */
export class WatchedRedis {
  readonly firstMaster: RedisServer;
  readonly replicas: readonly RedisServer[];
  readonly sentinelPorts: readonly number[];
  readonly #sentinels: readonly Child[];
  readonly #folder: string;

  private constructor(
    [firstMaster, replicas]: readonly [RedisServer, readonly RedisServer[]],
    sentinelPorts: readonly number[],
    sentinels: readonly Child[],
    folder: string,
  ) {
    this.firstMaster = firstMaster;
    this.replicas = replicas;
    this.sentinelPorts = sentinelPorts;
    this.#sentinels = sentinels;
    this.#folder = folder;
  }

  /** Resolves once a failover is possible. */
  static async start({ replicas, firstPort, masterUid }: WatchedRedisOptions): Promise<WatchedRedis> {
    let given = 0;
    const nextPort = async (): Promise<number> => (firstPort === undefined ? findFreePort('tcp') : firstPort + given++);
    const master = await RedisServer.start({ port: await nextPort(), ...(masterUid === undefined ? {} : { uid: masterUid }) });
    const copies: RedisServer[] = [];
    while (copies.length < replicas) copies.push(await RedisServer.start({ port: await nextPort(), replicaOf: master.port }));
    const folder = await mkdtemp(join(tmpdir(), 'causeway-sentinel-'));
    const ports: number[] = [];
    while (ports.length < SENTINELS) ports.push(await nextPort());
    const sentinels = await Promise.all(ports.map((port) => startSentinel(port, master.port, folder)));
    const watched = new WatchedRedis([master, copies], ports, sentinels, folder);
    await watched.#agree();
    return watched;
  }

  /** The URL for clients. */
  get url(): string {
    return `redis+sentinel://${this.sentinelPorts.map((port) => `127.0.0.1:${port}`).join(',')}/${MASTER}`;
  }

  /** Returns the server that the Sentinels name as the master. */
  async master(): Promise<RedisServer> {
    const [, port] = (await this.#ask('get-master-addr-by-name', MASTER)).split('\n');
    const master = this.#servers.find((server) => server.port === Number(port));
    if (master === undefined) throw new Error(`The Sentinels name a master on port ${port}, which is none of these servers`);
    return master;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sentinels.map((sentinel) => sentinel.kill()), ...this.#servers.map((server) => server.stop())]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Waits until the Sentinels have found each other and the replicas through the master. */
  async #agree(): Promise<void> {
    const read = async (): Promise<string> =>
      (await this.#ask('ckquorum', MASTER).catch(String)) + (await this.#ask('replicas', MASTER).catch(String));
    const areReady = (text: string): boolean =>
      text.includes('3 usable') && text.split('master-link-status\nok').length > this.replicas.length;
    await waitUntil('a failover is possible', read, areReady, READY_DEADLINE_MS);
  }

  get #servers(): readonly RedisServer[] {
    return [this.firstMaster, ...this.replicas];
  }

  #ask(...words: readonly string[]): Promise<string> {
    const [port = 0] = this.sentinelPorts;
    return askRedis(port, ['sentinel', ...words]);
  }
}

async function startSentinel(port: number, masterPort: number, folder: string): Promise<Child> {
  const file = join(folder, `sentinel-${port}.conf`);
  const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} ${QUORUM}`];
  await writeFile(file, [...lines, ...SETTINGS.map((setting) => `sentinel ${setting}`), ''].join('\n'));
  return new Child({ name: `sentinel-${port}`, command: ['redis-server', file, '--sentinel'], environment: process.env, folder });
}
