import { seededRandom } from '@causeway/testkit/seeded-random';
import { type LinkStateChange, LinkStateTable, type NodeLinkState } from '../../../src/relay/path/link-state-table.ts';

const NODES = 6;
const STEPS = 400;
const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

function randomState(nodeNo: number, revision: number, random: () => number): NodeLinkState {
  const others = Array.from({ length: NODES }, (_, index) => index + 1).filter((other) => other !== nodeNo && random() < 0.7);
  const links = new Map(others.map((to) => [to, { rttMs: 1 + Math.floor(random() * 50), lossRatio: 0, pricePerGb: 0 }]));
  return { nodeNo, epoch: 1, revision, isDraining: false, links };
}

/** From one of these states to the next. */
function changeBetween(known: NodeLinkState, state: NodeLinkState): LinkStateChange {
  const { epoch, revision, isDraining, links } = state;
  return {
    epoch,
    revision,
    since: known.revision,
    isDraining,
    changed: [...links],
    gone: [...known.links.keys()].filter((to) => !links.has(to)),
  };
}

/** The costs as they follow from single links. */
function edgesFrom(table: LinkStateTable, from: number): ReadonlyMap<number, number> {
  const nodeNos = Array.from({ length: NODES }, (_, index) => index + 1);
  return new Map(
    nodeNos.flatMap((to) => {
      const edge = table.edge(from, to);
      return edge === undefined ? [] : [[to, edge.cost] as const];
    }),
  );
}

describe('the costs of the links of a node', () => {
  it.each(SEEDS)('are those of its links, whenever they are first asked for and whatever changes, seed %i', (seed) => {
    const random = seededRandom(seed);
    const table = new LinkStateTable();
    for (let step = 1; step <= STEPS; step++) {
      const nodeNo = 1 + Math.floor(random() * NODES);
      const state = randomState(nodeNo, step, random);
      const known = table.find(nodeNo);
      if (random() < 0.1) table.remove(nodeNo);
      else if (known === undefined || random() < 0.3) table.put(state);
      else table.change(nodeNo, changeBetween(known, state));
      const asked = 1 + Math.floor(random() * NODES);
      expect([...table.costsFrom(asked)].sort()).toEqual([...edgesFrom(table, asked)].sort());
    }
  });

  it.each([
    ['nothing is known of the node', 2, 1, 1],
    ['the change is of another life', 1, 2, 1],
    ['a change before it was missed', 1, 1, 2],
  ])('stay if %s', (_name, nodeNo, epoch, since) => {
    const table = new LinkStateTable();
    table.put(randomState(1, 1, () => 0));
    const { revision } = table;

    expect(table.change(nodeNo, { epoch, revision: 9, since, isDraining: true, changed: [], gone: [2] })).toBe(false);
    expect([table.revision, table.find(1)?.links.size]).toEqual([revision, NODES - 1]);
  });
});
