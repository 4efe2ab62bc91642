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

  it.each([
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
