import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@causeway/e2e';
import { Child } from '../processes/child.ts';
import { askRedis, RedisServer } from './redis-server.ts';

const MASTER = 'causeway';
const QUORUM = 2;
/** As `docs/operate` advises. */
const DOWN_AFTER_MS = 3_000;
const SENTINELS = 3;

/** A master, a replica, and three Sentinels that watch them. */
export class WatchedRedis {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #sentinels: readonly Child[];
  readonly sentinelPorts: readonly number[];
  readonly #folder: string;

  private constructor(servers: readonly [RedisServer, RedisServer], sentinels: readonly Child[], ports: readonly number[], folder: string) {
    [this.master, this.replica] = servers;
    this.#sentinels = sentinels;
    this.sentinelPorts = ports;
    this.#folder = folder;
  }

  /**
   * @param firstPort the first of five that are free
   * @param masterUid the user that the master runs as, which only root may choose
   */
  static async start(firstPort: number, masterUid?: number): Promise<WatchedRedis> {
    const master = await RedisServer.start({ port: firstPort, ...(masterUid === undefined ? {} : { uid: masterUid }) });
    const replica = await RedisServer.start({ port: firstPort + 1, replicaOf: firstPort });
    const folder = await mkdtemp(join(tmpdir(), 'causeway-sentinel-'));
    const ports = Array.from({ length: SENTINELS }, (_, index) => firstPort + 2 + index);
    const sentinels: Child[] = [];
    for (const port of ports) sentinels.push(await startSentinel(port, firstPort, folder));
    const watched = new WatchedRedis([master, replica], sentinels, ports, folder);
    await watched.#agree();
    return watched;
  }

  /** As clients are given it. */
  get url(): string {
    return `redis+sentinel://${this.sentinelPorts.map((port) => `127.0.0.1:${port}`).join(',')}/${MASTER}`;
  }

  /** The port that Sentinel sends clients to. */
  async masterPort(): Promise<number> {
    const [, port = ''] = (await this.#ask('get-master-addr-by-name', MASTER)).split('\n');
    return Number(port);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sentinels.map((sentinel) => sentinel.stop()), this.master.stop(), this.replica.stop()]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Sentinels find each other, and the replica, through the master. */
  async #agree(): Promise<void> {
    const read = async (): Promise<string> => (await this.#ask('ckquorum', MASTER).catch(String)) + (await this.#ask('replicas', MASTER));
    await waitUntil('the Sentinels know each other', read, (text) => text.includes('3 usable') && text.includes('slave'), 20_000);
  }

  #ask(...words: readonly string[]): Promise<string> {
    const [port = 0] = this.sentinelPorts;
    return askRedis(port, ['sentinel', ...words]);
  }
}

async function startSentinel(port: number, masterPort: number, folder: string): Promise<Child> {
  const file = join(folder, `sentinel-${port}.conf`);
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER} 10000`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const command = ['redis-server', file, '--sentinel'] as const;
  return new Child({ name: `sentinel-${port}`, command, environment: process.env, folder });
}
