/**
 * Many nodes whose links fail and heal, publishers that change their layers, viewers that come and go, for a minute of virtual time and many
 * seeds. What must hold at every moment is in `Simulation.check`; a seed that fails is repeatable.
 */
import { seededRandom } from '@causeway/testkit/seeded-random';
import { APP, type Joined } from '../doubles/sfu-under-test.ts';
import { type Camera, ClusterUnderTest } from './doubles/cluster-under-test.ts';

const NODES = [1, 2, 3, 4, 5, 6];
const STEP_MS = 250;
const STEPS = 240;
/** A relay lingers three seconds at each of three hops, and looks once a second whether it is over. */
const RELAY_DIES_WITHIN_MS = 15_000;
const RIDS = ['l', 'm', 'h'];

interface Viewer {
  readonly nodeNo: number;
  readonly joined: Joined;
}

class Simulation {
  readonly cluster: ClusterUnderTest;
  readonly seen = { copies: 0, thirdNode: 0, movedLegs: 0, unreachable: 0 };
  readonly #random: () => number;
  readonly #cameras: (Camera & { readonly nodeNo: number })[] = [];
  #viewers: Viewer[] = [];

  static async start(seed: number): Promise<Simulation> {
    const random = seededRandom(seed);
    const delays = new Map<string, number>();
    const oneWayMs = (from: number, to: number) => {
      const pair = [from, to].sort((one, other) => one - other).join('-');
      const delayMs = delays.get(pair) ?? 1 + Math.floor(random() * 120);
      delays.set(pair, delayMs);
      return delayMs;
    };
    const records = Object.fromEntries(NODES.map((nodeNo) => [nodeNo, { region: `region-${nodeNo % 4}` }]));
    const cluster = await ClusterUnderTest.linked(NODES, { oneWayMs, records, cluster: { maxFanOut: 2 } });
    const simulation = new Simulation(cluster, random);
    for (const nodeNo of [1, 4]) simulation.#cameras.push({ nodeNo, ...(await cluster.publish(nodeNo, { rids: RIDS })) });
    return simulation;
  }

  private constructor(cluster: ClusterUnderTest, random: () => number) {
    this.cluster = cluster;
    this.#random = random;
  }

  /** Something happens, or nothing. */
  async act(): Promise<void> {
    const dice = this.#random();
    const [one, other] = [this.#pick(NODES), this.#pick(NODES)];
    if (dice < 0.06 && one !== other) this.cluster.mesh.cut(one, other);
    else if (dice < 0.14 && one !== other) this.cluster.mesh.heal(one, other);
    else if (dice < 0.24) await this.#join(one);
    else if (dice < 0.3) await this.#leave();
    else if (dice < 0.33) this.#changeLayers();
    await this.cluster.clock.advance(STEP_MS);
  }

  /** Relays form no circle, or `copies` throws; no layer of a track crosses twice from one node to another. */
  check(): void {
    const copies = this.cluster.copies();
    expect(new Set(copies).size).toBe(copies.length);
    this.seen.copies += copies.length;
    const owners = new Set(this.#cameras.map(({ nodeNo }) => `${nodeNo}>`));
    if (copies.some((copy) => !owners.has(copy.slice(0, 2)))) this.seen.thirdNode++;
  }

  /** Everything works again: whoever still subscribes is shown what he subscribes to. */
  async healAll(): Promise<void> {
    for (const one of NODES) for (const other of NODES) if (one < other) this.cluster.mesh.heal(one, other);
    for (const { nodeNo, publicationId } of this.#cameras) this.cluster.node(nodeNo).shard.sendLayers(publicationId, ['h', 'm', 'l']);
    await this.cluster.clock.advance(20_000);
  }

  /** What each live subscription shows; undefined where nothing comes. */
  shown(): readonly (string | undefined)[] {
    return this.#viewers.flatMap(({ nodeNo, joined }) => this.cluster.shown(nodeNo, joined));
  }

  async leaveAll(): Promise<void> {
    while (this.#viewers.length > 0) await this.#leave();
  }

  countEvents(): void {
    for (const { world, shard } of this.cluster.nodes.values()) {
      this.seen.unreachable += world.events.filter((event) => event.type === 'subscription.ended' && event.reason === 'unreachable').length;
      this.seen.movedLegs += shard.log.filter((line) => line.startsWith('put-publisher-track') && line.includes('/leg')).length;
    }
  }

  async #join(nodeNo: number): Promise<void> {
    const joined = await this.cluster.join(nodeNo);
    this.#viewers.push({ nodeNo, joined });
    const camera = this.#pick(this.#cameras).publisher.track('camera');
    const preferredRid = this.#pick([...RIDS, undefined, undefined]);
    const asked = joined.receive(preferredRid === undefined ? camera : { ...camera, simulcast: { preferredRid } });
    await this.cluster.clock.advance(0);
    await asked;
  }

  async #leave(): Promise<void> {
    const leaving = this.#pick(this.#viewers);
    if (leaving === undefined) return;
    this.#viewers = this.#viewers.filter((viewer) => viewer !== leaving);
    await this.cluster.node(leaving.nodeNo).world.sfu.deleteSession(APP, leaving.joined.id);
  }

  #changeLayers(): void {
    const { nodeNo, publicationId } = this.#pick(this.#cameras);
    const layers = ['h', 'm', 'l'].slice(Math.floor(this.#random() * 3));
    this.cluster.node(nodeNo).shard.sendLayers(publicationId, layers);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }
}

const total = { copies: 0, thirdNode: 0, movedLegs: 0, unreachable: 0 };

test.each(Array.from({ length: 30 }, (_, index) => index + 1))('relays keep their promises while links fail, seed %i', async (seed) => {
  const simulation = await Simulation.start(seed);
  for (let step = 0; step < STEPS; step++) {
    await simulation.act();
    simulation.check();
  }
  await simulation.healAll();
  const shown = simulation.shown();
  await simulation.leaveAll();
  await simulation.cluster.clock.advance(RELAY_DIES_WITHIN_MS);

  expect(shown.filter((each) => each === undefined)).toEqual([]);
  expect(simulation.cluster.copies()).toEqual([]);
  for (const { shard } of simulation.cluster.nodes.values()) {
    expect([...shard.publications.keys()].filter((trackId) => trackId.includes('/leg'))).toEqual([]);
    expect([...shard.subscriptions.keys()]).toEqual([]);
  }
  simulation.countEvents();
  for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += simulation.seen[key];
});

// A simulation in which nothing happens proves nothing.
test('every kind of trouble was really met', () => {
  expect(total.copies).toBeGreaterThan(1000);
  expect(total.thirdNode).toBeGreaterThan(100);
  expect(total.movedLegs).toBeGreaterThan(100);
  expect(total.unreachable).toBeGreaterThan(0);
});
