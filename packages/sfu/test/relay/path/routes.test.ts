import { chooseRoute, MAX_HOPS, MAX_SHORT_HOPS, routeCost } from '../../../src/relay/path/choose-route.ts';
import { UNMEASURED_RTT_MS } from '../../../src/relay/path/link-quality.ts';
import { LinkStateTable } from '../../../src/relay/path/link-state-table.ts';
import { nodesIn, placeInRegion, planRoute, type RouteWish } from '../../../src/relay/path/plan-route.ts';
import { rendezvous } from '../../../src/relay/path/rendezvous.ts';
import { type RandomGraph, randomGraph, shuffled } from '../doubles/random-graph.ts';

const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);
const TRACK = 'session-1-0000/p0';

type Links = Readonly<Record<number, readonly (readonly [to: number, rttMs: number])[]>>;

/** A table of undirected links without losses or prices. */
function tableOf(links: Links, draining: readonly number[] = []): LinkStateTable {
  const all = Object.entries(links).flatMap(([from, ends]) =>
    ends.flatMap(([to, rttMs]) => [[Number(from), to, rttMs] as const, [to, Number(from), rttMs] as const]),
  );
  const table = new LinkStateTable();
  for (const nodeNo of new Set(all.map(([from]) => from))) {
    const own = all.filter(([from]) => from === nodeNo).map(([, to, rttMs]) => [to, { rttMs, lossRatio: 0, pricePerGb: 0 }] as const);
    table.put({ nodeNo, epoch: 1, revision: 1, isDraining: draining.includes(nodeNo), links: new Map(own) });
  }
  return table;
}

const NONE: ReadonlySet<number> = new Set();

/** The cost of the best way, by trying all of them. */
function bruteForce({ table, nodeNos }: RandomGraph, from: number, owner: number, older = NONE): number | undefined {
  const between = nodeNos.filter((nodeNo) => nodeNo !== from && nodeNo !== owner && table.passesOn(nodeNo));
  let best: number | undefined;
  const follow = (nodes: readonly number[], cost: number): void => {
    const [nearest = owner] = nodes;
    const last = table.edge(nearest, from)?.cost;
    const mayBeTaken = nodes.length <= MAX_SHORT_HOPS || ![from, ...nodes].some((nodeNo) => older.has(nodeNo));
    if (last !== undefined && mayBeTaken && (best === undefined || cost + last < best)) best = cost + last;
    if (nodes.length === MAX_HOPS || (best !== undefined && cost >= best)) return;
    for (const next of between) {
      const edge = nodes.includes(next) ? undefined : table.edge(nearest, next);
      if (edge !== undefined) follow([next, ...nodes], cost + edge.cost);
    }
  };
  follow([owner], 0);
  return best;
}

/** Graphs in which most links exist, and graphs in which most are missing, so that some routes need all hops. */
function graphOf(seed: number): RandomGraph {
  return randomGraph(seed, 8, seed % 3 === 0 ? 0.3 : 0.7);
}

function hasOlderOnLongRoute(nodes: readonly number[], older: ReadonlySet<number>): boolean {
  return nodes.length > MAX_SHORT_HOPS + 1 && nodes.some((nodeNo) => older.has(nodeNo));
}

describe('chooseRoute', () => {
  it('takes the direct route if that is the cheapest', () => {
    expect(
      chooseRoute(
        tableOf({
          1: [
            [2, 50],
            [3, 40],
          ],
          2: [[3, 40]],
        }),
        2,
        1,
      )?.nodes,
    ).toEqual([2, 1]);
  });

  it('goes through a third node that is nearer to both', () => {
    expect(
      chooseRoute(
        tableOf({
          1: [
            [2, 200],
            [3, 40],
          ],
          2: [[3, 40]],
        }),
        2,
        1,
      )?.nodes,
    ).toEqual([2, 3, 1]);
  });

  it('avoids a node that drains', () => {
    expect(
      chooseRoute(
        tableOf(
          {
            1: [
              [2, 200],
              [3, 40],
            ],
            2: [[3, 40]],
          },
          [3],
        ),
        2,
        1,
      )?.nodes,
    ).toEqual([2, 1]);
  });

  it('ignores a link that only one end reports', () => {
    const table = tableOf({ 1: [[3, 40]], 2: [[3, 40]] });
    table.put({ nodeNo: 2, epoch: 1, revision: 2, isDraining: false, links: new Map([[1, { rttMs: 1, lossRatio: 0, pricePerGb: 0 }]]) });

    expect(chooseRoute(table, 2, 1)).toBeUndefined();
  });

  it('uses the measurement of one end for a link that has just come up', () => {
    const table = tableOf({ 1: [[3, 5]], 2: [[3, 5]] });
    const tell = (nodeNo: number, other: number, rttMs: number) =>
      table.put({
        nodeNo,
        epoch: 1,
        revision: 2,
        isDraining: false,
        links: new Map([
          [3, { rttMs: 5, lossRatio: 0, pricePerGb: 0 }],
          [other, { rttMs, lossRatio: 0, pricePerGb: 0 }],
        ]),
      });
    tell(1, 2, 5);
    tell(2, 1, UNMEASURED_RTT_MS);

    expect(chooseRoute(table, 2, 1)?.nodes).toEqual([2, 1]);
    expect(table.edge(2, 1)?.quality.rttMs).toBe(5);
  });

  it('assumes that a link is long if neither end has measured it', () => {
    const table = tableOf({
      1: [
        [2, UNMEASURED_RTT_MS],
        [3, 5],
      ],
      2: [[3, 5]],
    });

    expect(chooseRoute(table, 2, 1)?.nodes).toEqual([2, 3, 1]);
  });

  it('pays for losses, and for what the sending side is charged', () => {
    const table = new LinkStateTable();
    const good = { rttMs: 30, lossRatio: 0, pricePerGb: 0 };
    const put = (nodeNo: number, links: readonly (readonly [number, typeof good])[]) =>
      table.put({ nodeNo, epoch: 1, revision: 1, isDraining: false, links: new Map(links) });
    put(1, [
      [2, { ...good, lossRatio: 0.08 }],
      [3, good],
      [4, { ...good, pricePerGb: 0.09 }],
    ]);
    put(2, [
      [1, good],
      [3, good],
    ]);
    put(3, [
      [1, good],
      [2, good],
      [4, good],
    ]);
    put(4, [
      [1, good],
      [3, good],
    ]);

    expect(chooseRoute(table, 2, 1)?.nodes).toEqual([2, 3, 1]);
    expect(chooseRoute(table, 4, 1)?.nodes).toEqual([4, 3, 1]);
    // The return direction costs nothing.
    expect(chooseRoute(table, 1, 4)?.nodes).toEqual([1, 4]);
  });

  it('prefers fewer hops, and then lower node numbers, among routes of equal cost', () => {
    const even: Links = {
      1: [
        [2, 60],
        [3, 20],
        [4, 20],
      ],
      2: [
        [3, 20],
        [4, 20],
      ],
    };

    expect(chooseRoute(tableOf({ ...even, 1: [...(even[1] ?? []).slice(1), [2, 60]] }), 2, 1)?.nodes).toEqual([2, 1]);
    expect(chooseRoute(tableOf({ ...even, 1: (even[1] ?? []).slice(1) }), 2, 1)?.nodes).toEqual([2, 3, 1]);
  });

  it('takes five hops where there is no shorter way, and no more', () => {
    const chain = Object.fromEntries([1, 2, 3, 4, 5, 6].map((nodeNo) => [nodeNo, [[nodeNo + 1, 10]] as const]));

    expect(chooseRoute(tableOf(chain), 6, 1)?.nodes).toEqual([6, 5, 4, 3, 2, 1]);
    expect(chooseRoute(tableOf(chain), 7, 1)).toBeUndefined();
  });

  it('takes no more than three hops if a node on the route is of an earlier version, and goes around that node instead', () => {
    const chain = { 1: [[2, 10]], 2: [[3, 10]], 3: [[4, 10]], 4: [[5, 10]] } as const;
    const around = { ...chain, 1: [...chain[1], [6, 90]], 4: [...chain[4], [6, 90]], 6: [[3, 90]] } as const;

    for (const older of [1, 2, 3, 4, 5]) expect(chooseRoute(tableOf(chain), 5, 1, { older: new Set([older]) })).toBeUndefined();
    expect(chooseRoute(tableOf(chain), 4, 1, { older: new Set([1, 2, 3, 4]) })?.nodes).toEqual([4, 3, 2, 1]);
    expect(chooseRoute(tableOf(around), 5, 1)?.nodes).toEqual([5, 4, 3, 2, 1]);
    expect(chooseRoute(tableOf(around), 5, 1, { older: new Set([2]) })?.nodes).toEqual([5, 4, 6, 1]);
  });

  it('counts the hops behind it', () => {
    const chain = { 1: [[2, 10]], 2: [[3, 10]], 3: [[4, 10]] } as const;

    expect(chooseRoute(tableOf(chain), 4, 1, { below: [8, 9] })?.nodes).toEqual([4, 3, 2, 1]);
    expect(chooseRoute(tableOf(chain), 4, 1, { below: [7, 8, 9] })).toBeUndefined();
    expect(chooseRoute(tableOf(chain), 4, 1, { below: [9], older: new Set([9]) })).toBeUndefined();
    expect(chooseRoute(tableOf(chain), 3, 1, { below: [9], older: new Set([9]) })?.nodes).toEqual([3, 2, 1]);
  });

  it.each([...SEEDS.filter((seed) => seed % 4 === 0)])('finds the cheapest way among nodes of two versions, on random graph %i', (seed) => {
    const graph = graphOf(seed);
    const older = new Set(graph.nodeNos.filter((nodeNo) => (nodeNo + seed) % 3 === 0));
    for (const from of graph.nodeNos) {
      for (const owner of graph.nodeNos.filter((nodeNo) => nodeNo !== from)) {
        const route = chooseRoute(graph.table, from, owner, { older });

        expect(route?.cost).toBe(bruteForce(graph, from, owner, older));
        expect(hasOlderOnLongRoute(route?.nodes ?? [], older)).toBe(false);
      }
    }
  });

  it.each([...SEEDS.filter((seed) => seed % 4 === 0)])('finds the cheapest way of all on random graph %i, simple and short', (seed) => {
    const graph = graphOf(seed);
    for (const from of graph.nodeNos) {
      for (const owner of graph.nodeNos.filter((nodeNo) => nodeNo !== from)) {
        const route = chooseRoute(graph.table, from, owner);

        expect(route?.cost).toBe(bruteForce(graph, from, owner));
        if (route === undefined) continue;
        expect([route.nodes[0], route.nodes.at(-1)]).toEqual([from, owner]);
        expect(new Set(route.nodes).size).toBe(route.nodes.length);
        expect(route.nodes.length).toBeLessThanOrEqual(MAX_HOPS + 1);
        expect(route.nodes.slice(1, -1).filter((nodeNo) => !graph.table.passesOn(nodeNo))).toEqual([]);
      }
    }
  });
});

/** Plans as a node does that knows this map. */
function plan(table: LinkStateTable, wish: RouteWish, maxFanOut = 16) {
  const nodesOf = (region: string) => nodesIn(table, region, wish.regionOf);
  const regions = [...new Set(table.all.flatMap(({ nodeNo }) => wish.regionOf(nodeNo) ?? []))];
  return planRoute(table, wish, placeInRegion(table, wish, { nodesOf, regions, regionCount: regions.length, maxFanOut }));
}

describe('planRoute', () => {
  function planAll({ nodeNos, regionOf }: RandomGraph, table: LinkStateTable) {
    return nodeNos.flatMap((from) =>
      nodeNos
        .filter((owner) => owner !== from)
        .map((owner) => ({ from, owner, route: plan(table, { from, owner, publicationId: TRACK, regionOf }) })),
    );
  }

  it('decides alike on every node that knows the same links, in whatever order it has heard of them', () => {
    for (const seed of SEEDS) {
      const graph = randomGraph(seed);
      expect(planAll(graph, shuffled(graph, seed + 1000))).toEqual(planAll(graph, graph.table));
    }
  });

  it('plans routes that are simple, within five hops, over existing links', () => {
    let longest = 0;
    for (const seed of SEEDS) {
      const graph = graphOf(seed);
      for (const { route } of planAll(graph, graph.table)) {
        if (route === undefined) continue;
        expect(new Set(route.nodes).size).toBe(route.nodes.length);
        expect(route.nodes.length).toBeLessThanOrEqual(MAX_HOPS + 1);
        expect(routeCost(graph.table, route.nodes)).toBeCloseTo(route.cost, 6);
        longest = Math.max(longest, route.nodes.length - 1);
      }
    }
    expect(longest).toBe(MAX_HOPS);
  });

  it('plans no route of more than three hops for, to or through a node of an earlier version, with any depth of trees', () => {
    let long = 0;
    for (const seed of SEEDS) {
      const { table, nodeNos, regionOf } = randomGraph(seed, 12, 0.6);
      const older = new Set(nodeNos.filter((nodeNo) => (nodeNo + seed) % 4 === 0));
      for (const from of nodeNos) {
        for (const owner of nodeNos.filter((nodeNo) => nodeNo !== from)) {
          const route = plan(table, { from, owner, publicationId: TRACK, regionOf, older }, 1);
          expect(hasOlderOnLongRoute(route?.nodes ?? [], older)).toBe(false);
          if ((route?.nodes.length ?? 0) > MAX_SHORT_HOPS + 1) long++;
        }
      }
    }
    expect(long).toBeGreaterThan(100);
  });

  it('finds a route whenever there is one', () => {
    for (const seed of SEEDS) {
      const graph = randomGraph(seed);
      for (const { from, owner, route } of planAll(graph, graph.table)) {
        expect(route === undefined).toBe(bruteForce(graph, from, owner) === undefined);
      }
    }
  });

  it('goes through the root of the region, whose own route is the rest of it', () => {
    let viaHub = 0;
    for (const seed of SEEDS) {
      const { table, nodeNos, regionOf } = randomGraph(seed);
      const isMate = (one: number, other: number) =>
        regionOf(one) === regionOf(other) && table.passesOn(other) && (one === other || table.costsFrom(one).has(other));
      for (const { from, owner, route } of planAll({ table, nodeNos, regionOf }, table)) {
        if (route?.reason !== 'region-root') continue;
        const root = route.nodes[1] ?? 0;
        expect(regionOf(root)).toBe(regionOf(from));
        const ofRoot = plan(table, { from: root, owner, publicationId: TRACK, regionOf });
        // Unless one of them has lost a link within the region, or the root's own way would lead back through the node that asks.
        const mates = [from, root].map((nodeNo) => nodeNos.filter((mate) => isMate(nodeNo, mate)).join());
        if (mates[0] === mates[1] && ofRoot?.nodes.includes(from) === false) expect(ofRoot.nodes).toEqual(route.nodes.slice(1));
        viaHub++;
      }
    }
    expect(viaHub).toBeGreaterThan(100);
  });

  it('goes behind another node when the next one has no room', () => {
    const table = tableOf({
      1: [
        [2, 10],
        [3, 10],
        [4, 10],
      ],
      2: [
        [3, 10],
        [4, 10],
      ],
      3: [[4, 10]],
    });
    const wish = { from: 4, owner: 1, publicationId: TRACK, regionOf: (nodeNo: number) => `region-${nodeNo}` };

    expect(plan(table, wish)).toMatchObject({ nodes: [4, 1], reason: 'cheapest' });
    const refusedBy = new Map([[1, { rest: [1], others: [3] }]]);
    expect(plan(table, { ...wish, refusedBy })).toMatchObject({ nodes: [4, 3, 1], reason: 'fan-out' });
    // What node 3 passes on comes from node 2 if that refused, although node 3 has a link to the owner.
    refusedBy.set(2, { rest: [2, 1], others: [3] }).delete(1);
    expect(plan(table, { ...wish, refusedBy })).toMatchObject({ nodes: [4, 3, 2, 1], reason: 'fan-out' });
    refusedBy.set(3, { rest: [3, 2, 1], others: [] });
    expect(plan(table, { ...wish, refusedBy })).toMatchObject({ nodes: [4, 1], reason: 'only-way' });
  });

  it('leads through a third region by the node at which the track enters that, even if another one is nearer', () => {
    const regions: Readonly<Record<number, string>> = { 1: 'owner', 2: 'viewer', 3: 'third', 4: 'third' };
    const wish = { from: 2, owner: 1, publicationId: TRACK, regionOf: (nodeNo: number) => regions[nodeNo] };
    const root = rendezvous(TRACK, [3, 4]) ?? 0;
    const stray = root === 3 ? 4 : 3;
    const links = {
      1: [
        [2, 400],
        [root, 40],
        [stray, 30],
      ],
      2: [
        [root, 40],
        [stray, 30],
      ],
      [root]: [[stray, 2]],
    } as const;

    expect(plan(tableOf(links), wish)?.nodes).toEqual([2, root, 1]);
    // It feeds the other node of its region, and has no room for more.
    expect(plan(tableOf(links), wish, 1)?.nodes).toEqual([2, 1]);
    expect(plan(tableOf({ 1: [[stray, 30]], 2: [[stray, 30]] }), wish)?.nodes).toEqual([2, stray, 1]);
  });

  it('says when there was no choice', () => {
    const wish = { from: 2, owner: 1, publicationId: TRACK, regionOf: (nodeNo: number) => `region-${nodeNo}` };

    expect(plan(tableOf({ 1: [[2, 10]] }), wish)).toMatchObject({ nodes: [2, 1], reason: 'only-way' });
  });
});

describe('rendezvous', () => {
  const nodes = [101, 102, 103, 104];
  const tracks = Array.from({ length: 2000 }, (_, index) => `session-7-0000/p${index}`);

  it('spreads tracks over the nodes', () => {
    const counts = nodes.map((nodeNo) => tracks.filter((track) => rendezvous(track, nodes) === nodeNo).length);

    for (const count of counts) expect(count).toBeGreaterThan((tracks.length / nodes.length) * 0.8);
  });

  it('moves only the tracks of a node that goes', () => {
    const moved = tracks.filter((track) => {
      const before = rendezvous(track, nodes);
      return before !== 103 && rendezvous(track, [101, 102, 104]) !== before;
    });

    expect(moved).toEqual([]);
  });
});
