import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findFreePort, RedisServer } from '@causeway/lab';
import { until } from './until.ts';

const run = promisify(execFile);
const MASTERS = 3;

/** A real Redis Cluster: three masters that share the slots. */
export class RedisClusterForTests {
  readonly servers: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  static async start(): Promise<RedisClusterForTests> {
    const servers: RedisServer[] = [];
    for (let number = 0; number < MASTERS; number++) {
      const options = ['--cluster-enabled', 'yes', '--cluster-port', String(await findFreePort('tcp')), '--cluster-node-timeout', '2000'];
      servers.push(await RedisServer.start({ options }));
    }
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { timeout: 20_000 });
    for (const server of servers) {
      await until('the cluster is whole', async () => (await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    }
    return new RedisClusterForTests(servers);
  }

  get url(): string {
    return `redis+cluster://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}
