import { planNodes, readClusterCommand } from '@causeway/faults';

describe('npm run cluster', () => {
  it('serves HTTP on 8181 to 8183 unless it is told another port', () => {
    expect(readClusterCommand([], {}).basePort).toBe(8180);
    expect(readClusterCommand([], { CAUSEWAY_CLUSTER_PORT: '9000' }).basePort).toBe(9000);
  });

  it('leaves the network alone unless it is asked to impair it', () => {
    expect(readClusterCommand([], {}).impairment).toBeUndefined();
    expect(readClusterCommand(['--delay-ms', '80', '--loss', '0.02'], {}).impairment).toEqual({ delayMs: 80, lossRatio: 0.02 });
  });

  it('passes options of the daemon on to all nodes, but not those that each node needs for itself', () => {
    const environment = { CAUSEWAY_TRUSTED_PROXIES: '127.0.0.1', CAUSEWAY_NODE: '7', CAUSEWAY_HTTP_PORT: '80', PATH: '/bin' };

    expect(readClusterCommand([], environment).environment).toEqual({ CAUSEWAY_TRUSTED_PROXIES: '127.0.0.1' });
  });

  it('puts several nodes into a region, each with a name, a number and ports of its own', () => {
    const { regions, nodesPerRegion } = readClusterCommand(['--regions', '3', '--nodes', '2'], {});
    const app = { appId: 'a', secret: 's' };
    const nodes = planNodes({
      basePort: 8180,
      app,
      clusterKey: 'k',
      redisUrl: 'redis://127.0.0.1:1',
      isImpairable: true,
      regions,
      nodesPerRegion,
    });

    expect(nodes.map(({ name }) => name)).toEqual(['eu-1', 'eu-2', 'us-1', 'us-2', 'ap-1', 'ap-2']);
    expect(nodes.map(({ environment }) => environment.CAUSEWAY_REGION)).toEqual(['eu', 'eu', 'us', 'us', 'ap', 'ap']);
    expect(new Set(nodes.map(({ nodeNo }) => nodeNo)).size).toBe(6);
    expect(new Set(nodes.flatMap(({ httpPort, udpPort, linkProxyPort }) => [httpPort, udpPort, linkProxyPort])).size).toBe(18);
  });

  it.each([
    [['--regions', '7'], {}, '--regions takes a whole number from 1 to 6, not "7"'],
    [['--regions', '3', '--nodes', '4'], {}, '--nodes takes a whole number from 1 to 3, not "4"'],
    [['--loss', '2'], {}, '--loss takes a number from 0 to 1, not "2"'],
    [['--delay-ms', 'much'], {}, '--delay-ms takes a number from 0 to 10000, not "much"'],
    [[], { CAUSEWAY_CLUSTER_PORT: '0' }, 'CAUSEWAY_CLUSTER_PORT takes a whole number from 1 to 65000, not "0"'],
    [[], { CAUSEWAY_APP_ID: 'one' }, 'CAUSEWAY_APP_ID and CAUSEWAY_APP_SECRET belong together'],
  ])('refuses %j with one clear line', (commandLine, environment, message) => {
    expect(() => readClusterCommand(commandLine, environment)).toThrow(message);
  });

  it('gives every node a number, a place and ports of its own', () => {
    const options = {
      basePort: 8180,
      app: { appId: 'a', secret: 's' },
      clusterKey: 'k',
      redisUrl: 'redis://127.0.0.1:1',
      isImpairable: true,
    };
    const nodes = planNodes(options);
    const ports = nodes.flatMap(({ httpPort, udpPort, debugPort, linkProxyPort, apiProxyPort }) => [
      httpPort,
      udpPort,
      debugPort,
      linkProxyPort,
      apiProxyPort,
    ]);

    expect(nodes.map(({ httpPort }) => httpPort)).toEqual([8181, 8182, 8183]);
    expect(new Set(ports).size).toBe(15);
    expect(new Set(nodes.map(({ nodeNo }) => nodeNo)).size).toBe(3);
  });

  it('lets nodes reach each other through the proxies when the network can be impaired', () => {
    const options = { basePort: 8180, app: { appId: 'a', secret: 's' }, clusterKey: 'k', redisUrl: 'redis://127.0.0.1:1' };
    const addressOf = (isImpairable: boolean) => planNodes({ ...options, isImpairable })[0]?.environment.CAUSEWAY_LINK_ADDRESS;

    expect([addressOf(false), addressOf(true)]).toEqual(['127.0.0.1:8191', '127.0.0.1:8211']);
  });
});
