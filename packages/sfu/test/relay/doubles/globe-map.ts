import { seededRandom } from '@causeway/testkit/seeded-random';
import type { NodeRecord } from '../../../src/nodes/node-directory.ts';
import { LINK_VERSIONS } from '../../../src/relay/links/control-messages.ts';
import type { NodeLinkState } from '../../../src/relay/path/link-state-table.ts';

const NODES_PER_REGION = 25;

function regionsOf(size: number): number {
  return Math.max(3, Math.ceil(size / NODES_PER_REGION));
}

/** The states of nodes 1 to `size`: a full mesh whose round trips fit a globe, with its regions on a circle. */
export function createGlobe(size: number): readonly NodeLinkState[] {
  const random = seededRandom(size);
  const regions = regionsOf(size);
  const rttMs = (one: number, other: number): number => {
    const apart = Math.abs((one % regions) - (other % regions));
    return Math.round(2 + (300 * Math.min(apart, regions - apart)) / regions + random() * 10);
  };
  const nodeNos = Array.from({ length: size }, (_, index) => index + 1);
  return nodeNos.map((nodeNo) => {
    const links = nodeNos
      .filter((to) => to !== nodeNo)
      .map((to) => [to, { rttMs: rttMs(nodeNo, to), lossRatio: 0, pricePerGb: 0.02 }] as const);
    return { nodeNo, epoch: 1, revision: 1, isDraining: false, links: new Map(links) };
  });
}

/** The record of a node of such a globe. */
export function globeRecord(nodeNo: number, size: number): NodeRecord {
  return {
    nodeNo,
    epoch: 1,
    region: `region-${nodeNo % regionsOf(size)}`,
    location: undefined,
    apiUrl: `http://node-${nodeNo}`,
    linkAddresses: [],
    fingerprint: { algorithm: 'sha-256', value: '' },
    linkVersions: LINK_VERSIONS,
    softwareVersion: '0.1.0',
    state: 'serving',
    load: 0,
  };
}
