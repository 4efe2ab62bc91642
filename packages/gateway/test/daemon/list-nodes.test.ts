import type { NodeRecord } from '@causeway/sfu';
import { listNodes, type NodeSources } from '../../src/daemon/list-nodes.ts';

const BERLIN = { latitudeDegrees: 52.52, longitudeDegrees: 13.4 };

const recordOf = (nodeNo: number, region: string) =>
  ({ nodeNo, region, state: 'serving', load: 0.5, softwareVersion: '1', location: BERLIN }) as unknown as NodeRecord;

function sourcesOf(directory: NodeSources['directory'], links: readonly object[]): NodeSources {
  return {
    config: { nodeNumber: 101, region: 'local', location: BERLIN },
    sfu: {
      load: () => ({ share: 0.25, isFull: false }),
      udpPort: 8081,
      inspect: async () => ({ relay: { links } }),
    } as unknown as NodeSources['sfu'],
    lifecycle: { isDraining: false },
    directory,
  };
}

test('a standalone node says where it is', async () => {
  const [node, ...others] = await listNodes(sourcesOf(undefined, []));

  expect(node).toMatchObject({ nodeNo: 101, location: BERLIN, load: 0.25, isSelf: true });
  expect(others).toEqual([]);
});

test('a node of a cluster tells of the links that it has, and of no others', async () => {
  const directory = { self: recordOf(102, 'eu'), others: [recordOf(103, 'us'), recordOf(101, 'eu')] };
  const nodes = await listNodes(sourcesOf(directory, [{ nodeNo: 103, region: 'us', state: 'up', rttMs: 88, lossRatio: 0 }]));

  expect(nodes.map(({ nodeNo, isSelf, link }) => [nodeNo, isSelf, link])).toEqual([
    [101, false, undefined],
    [102, true, undefined],
    [103, false, { state: 'up', rttMs: 88, lossRatio: 0 }],
  ]);
});
