import type { NodeRecord } from '@causeway/sfu';

export function nodeRecord(nodeNo: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    nodeNo,
    epoch: 1,
    region: `region-${nodeNo}`,
    location: { latitudeDegrees: 50.11, longitudeDegrees: 8.68 },
    apiUrl: `http://127.0.0.1:${8_000 + nodeNo}`,
    linkAddresses: [{ address: '127.0.0.1', port: 9_000 + nodeNo }],
    fingerprint: { algorithm: 'sha-256', value: 'AA:BB:CC' },
    linkVersions: { min: 1, max: 1 },
    softwareVersion: '0.1.0',
    state: 'serving',
    load: 0,
    ...changes,
  };
}
