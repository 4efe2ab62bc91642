import { StaticNodeDirectory } from '../../../src/nodes/static-node-directory.ts';
import { LinkStateTable, type NodeLinkState } from '../../../src/relay/path/link-state-table.ts';
import type { RefusedRoute } from '../../../src/relay/path/plan-route.ts';
import { RouteFinder } from '../../../src/relay/path/route-finder.ts';
import { createGlobe, globeRecord } from '../doubles/globe-map.ts';

const FAN_OUT = 16;
const NO_REFUSALS: ReadonlyMap<number, RefusedRoute> = new Map();

/** Counts how often the map is asked, as a measure of work that does not depend on the machine. */
class CountingTable extends LinkStateTable {
  asked = 0;

  override edge(from: number, to: number) {
    this.asked++;
    return super.edge(from, to);
  }

  override costsFrom(from: number) {
    this.asked++;
    return super.costsFrom(from);
  }

  override passesOn(nodeNo: number): boolean {
    this.asked++;
    return super.passesOn(nodeNo);
  }
}

interface Scene {
  readonly states: readonly NodeLinkState[];
  readonly table: CountingTable;
  readonly directory: StaticNodeDirectory;
  readonly routes: RouteFinder;
}

/** The routes of node 1. */
function createScene(size: number): Scene {
  const states = createGlobe(size);
  const table = new CountingTable();
  for (const state of states) table.put(state);
  // Costs are worked out when they are first asked for, and follow every change from then on.
  for (const { nodeNo } of states) table.costsFrom(nodeNo);
  const [self, ...others] = states.map(({ nodeNo }) => globeRecord(nodeNo, size));
  if (self === undefined) throw new Error('a globe has a node');
  const directory = new StaticNodeDirectory(self, others);
  return { states, table, directory, routes: new RouteFinder(directory, table, FAN_OUT) };
}

function changeLink({ states, table }: Scene, nodeNo: number, revision: number): void {
  const state = states[nodeNo - 1];
  if (state === undefined) throw new Error(`there is no node ${nodeNo}`);
  const links = new Map(state.links).set(1, { rttMs: 5 + revision, lossRatio: 0, pricePerGb: 0.02 });
  table.put({ ...state, revision, links });
}

/** @returns how often the map is asked for one route after a change, the worst of 40 tracks */
function worstOf(size: number): number {
  const scene = createScene(size);
  const asked = Array.from({ length: 40 }, (_, index) => {
    const owner = 2 + ((index * 7) % (size - 1));
    changeLink(scene, 2 + index, 2 + index);
    scene.table.asked = 0;
    scene.routes.plan(owner, `session-${owner}-${index}/p0`, NO_REFUSALS);
    return scene.table.asked;
  });
  return Math.max(...asked);
}

describe('the work of planning a route after a change', () => {
  it('grows with the number of nodes, not with its square', () => {
    const [at100, at400] = [worstOf(100), worstOf(400)];

    expect(at400 / at100).toBeLessThan(6);
  });

  it('is a few questions to the map for each of 300 nodes', () => {
    expect(worstOf(300)).toBeLessThan(10 * 300);
  });

  it('is none while nothing changes', () => {
    const scene = createScene(100);
    const first = scene.routes.plan(7, 'session-7-a/p0', NO_REFUSALS);
    scene.table.asked = 0;

    expect(scene.routes.plan(7, 'session-7-a/p0', NO_REFUSALS)).toBe(first);
    expect(scene.table.asked).toBe(0);
  });
});

describe('a planned route', () => {
  // Nodes 1, 4 and 7 are in one region, 2, 5 and 8 in the next one, 3, 6 and 9 in the last.
  const SIZE = 9;
  const tracks = Array.from({ length: 30 }, (_, index) => `session-3-${index}/p0`);
  const planAll = ({ routes }: Scene) => tracks.map((track) => routes.plan(3, track, NO_REFUSALS)?.nodes.join());

  it('follows a node that is gone from the directory and comes back, though no link has changed', () => {
    const scene = createScene(SIZE);
    const before = planAll(scene);

    scene.directory.remove(4, 'lease-ended');
    const without = planAll(scene);
    scene.directory.put(globeRecord(4, SIZE));

    expect(without).not.toEqual(before);
    expect(planAll(scene)).toEqual(before);
  });

  it('is kept when a node only reports another load', () => {
    const scene = createScene(SIZE);
    planAll(scene);
    scene.table.asked = 0;

    scene.directory.put({ ...globeRecord(4, SIZE), load: 0.5 });
    planAll(scene);

    expect(scene.table.asked).toBe(0);
  });

  it('no longer leads through a node of the region that begins to drain', () => {
    const scene = createScene(SIZE);
    const isThrough4 = (routes: readonly (string | undefined)[]) => routes.some((route) => route?.startsWith('1,4,') === true);
    const before = planAll(scene);

    const state = scene.states[3];
    if (state !== undefined) scene.table.put({ ...state, revision: 2, isDraining: true });

    expect(isThrough4(before)).toBe(true);
    expect(isThrough4(planAll(scene))).toBe(false);
  });
});
