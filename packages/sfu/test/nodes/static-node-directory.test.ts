import { type NodeRecord, StaticNodeDirectory } from '../../src/nodes/index.ts';

function record(nodeNo: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    nodeNo,
    epoch: 1,
    region: 'here',
    location: undefined,
    apiUrl: `http://127.0.0.1:${8000 + nodeNo}`,
    linkAddresses: [{ address: '127.0.0.1', port: 9000 + nodeNo }],
    fingerprint: { algorithm: 'sha-256', value: 'AA:BB' },
    linkVersions: { min: 1, max: 1 },
    softwareVersion: '0.1.0',
    state: 'serving',
    load: 0,
    ...changes,
  };
}

function watched(directory: StaticNodeDirectory) {
  const told: string[] = [];
  const stop = directory.watch({
    onNodePut: ({ nodeNo, epoch }) => told.push(`put ${nodeNo}/${epoch}, ${directory.others.length} others`),
    onNodeGone: ({ nodeNo, epoch }, why) => told.push(`gone ${nodeNo}/${epoch} ${why}, ${directory.others.length} others`),
  });
  return { told, stop };
}

describe('StaticNodeDirectory', () => {
  test('finds itself and the others, and lists only the others', () => {
    const directory = new StaticNodeDirectory(record(1), [record(2)]);

    expect(directory.find(1)).toEqual(record(1));
    expect(directory.find(2)).toEqual(record(2));
    expect(directory.find(3)).toBeUndefined();
    expect(directory.others).toEqual([record(2)]);
  });

  test('reports nodes that are added, changed and removed, until told to stop', () => {
    const directory = new StaticNodeDirectory(record(1));
    const { told, stop } = watched(directory);

    directory.put(record(2));
    directory.put(record(2, { load: 0.5 }));
    directory.remove(2, 'left');
    directory.remove(2, 'left');
    stop();
    directory.put(record(3));

    expect(told).toEqual(['put 2/1, 1 others', 'put 2/1, 1 others', 'gone 2/1 left, 0 others']);
  });

  test('knows the regions of nodes that are gone', () => {
    const directory = new StaticNodeDirectory(record(1), [record(2, { region: 'there' })]);
    directory.put(record(3, { region: 'elsewhere' }));

    directory.remove(2, 'lease-ended');

    expect(directory.knownRegions).toEqual(new Set(['here', 'there', 'elsewhere']));
  });

  test('a newer epoch supersedes the older one, and an older one changes nothing', () => {
    const directory = new StaticNodeDirectory(record(1), [record(2)]);
    const { told } = watched(directory);

    directory.put(record(2, { epoch: 2 }));
    directory.put(record(2, { epoch: 1 }));

    expect(told).toEqual(['gone 2/1 superseded, 0 others', 'put 2/2, 1 others']);
    expect(directory.find(2)?.epoch).toBe(2);
  });

  test('announces its own state and load', () => {
    const directory = new StaticNodeDirectory(record(1));

    directory.announce({ state: 'draining' });
    directory.announce({ load: 0.25 });

    expect(directory.self).toEqual(record(1, { state: 'draining', load: 0.25 }));
  });
});
