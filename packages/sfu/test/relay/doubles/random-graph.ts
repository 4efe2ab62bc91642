import { seededRandom } from '@causeway/testkit/seeded-random';
import { LinkStateTable } from '../../../src/relay/path/link-state-table.ts';

export interface RandomGraph {
  readonly table: LinkStateTable;
  readonly nodeNos: readonly number[];
  readonly regionOf: (nodeNo: number) => string;
}

/**
 * Nodes 1 to `size` in a few regions; some links are missing, some nodes drain. The order in which states are put is random too.
 *
 * @param missing the share of missing links
 */
export function randomGraph(seed: number, size = 8, missing = 0.3): RandomGraph {
  const random = seededRandom(seed);
  const nodeNos = Array.from({ length: size }, (_, index) => index + 1);
  const links = new Map(nodeNos.map((nodeNo) => [nodeNo, new Map()]));
  for (const one of nodeNos) {
    for (const other of nodeNos.filter((nodeNo) => nodeNo > one)) {
      if (random() < missing) continue;
      const rttMs = Math.round(1 + random() * 200);
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        links.get(from)?.set(to, { rttMs, lossRatio: random() < 0.2 ? 0.05 : 0, pricePerGb: random() < 0.3 ? 0.08 : 0.01 });
      }
    }
  }
  const table = new LinkStateTable();
  for (const nodeNo of [...nodeNos].sort(() => random() - 0.5)) {
    table.put({ nodeNo, epoch: 1, revision: 1, isDraining: random() < 0.15, links: links.get(nodeNo) ?? new Map() });
  }
  return { table, nodeNos, regionOf: (nodeNo) => `region-${nodeNo % 3}` };
}

/** The same links, told in another order. */
export function shuffled({ table }: RandomGraph, seed: number): LinkStateTable {
  const random = seededRandom(seed);
  const copy = new LinkStateTable();
  for (const state of [...table.all].sort(() => random() - 0.5)) {
    copy.put({ ...state, links: new Map([...state.links].sort(() => random() - 0.5)) });
  }
  return copy;
}
