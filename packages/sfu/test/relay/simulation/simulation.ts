import { seededRandom } from '@causeway/testkit/seeded-random';
import { APP, type Joined } from '../../doubles/sfu-under-test.ts';
import { type Camera, ClusterUnderTest } from '../doubles/cluster-under-test.ts';

export interface SimulationSize {
  readonly nodes: number;
  readonly regions: number;
  /** To how many neighbours a node passes a track on. */
  readonly maxFanOut: number;
}

export const STEP_MS = 250;
/** A relay lingers three seconds at each of five hops, and looks once a second whether it is over. */
const RELAY_DIES_WITHIN_MS = 25_000;
/** Links come up again after a back-off, and tracks move to better ways after five seconds. */
const SETTLED_WITHIN_MS = 30_000;
/** In every third simulation, every other node speaks the version of the link protocol before the one with longer routes. */
const EARLIER_VERSIONS = { min: 1, max: 3 };
const RIDS = ['l', 'm', 'h'];
const VIEWERS_PER_NODE = 3;

interface Viewer {
  readonly nodeNo: number;
  readonly joined: Joined;
}

/** What has been seen in one or more simulations: one in which nothing happens proves nothing. */
export interface Seen {
  copies: number;
  /** Steps in which a node that owns nothing passed a track on. */
  passedOn: number;
  movedLegs: number;
  unreachable: number;
  restarts: number;
}

/** A cluster in which links fail and heal, nodes die and come back, publishers change their layers, and viewers come and go. */
export class Simulation {
  readonly seen: Seen = { copies: 0, passedOn: 0, movedLegs: 0, unreachable: 0, restarts: 0 };
  readonly #cluster: ClusterUnderTest;
  readonly #random: () => number;
  readonly #nodeNos: readonly number[];
  /** Nodes of an earlier version. */
  readonly #earlier: readonly number[];
  readonly #cameras: (Camera & { readonly nodeNo: number })[] = [];
  #viewers: Viewer[] = [];

  static async start(seed: number, size: SimulationSize): Promise<Simulation> {
    const random = seededRandom(seed);
    const nodeNos = Array.from({ length: size.nodes }, (_, index) => index + 1);
    const delays = new Map<string, number>();
    const oneWayMs = (from: number, to: number) => {
      const pair = [from, to].sort((one, other) => one - other).join('-');
      const isNear = regionOf(from, size) === regionOf(to, size);
      const delayMs = delays.get(pair) ?? 1 + Math.floor(random() * (isNear ? 3 : 120));
      delays.set(pair, delayMs);
      return delayMs;
    };
    const earlier = seed % 3 === 0 ? nodeNos.filter((nodeNo) => nodeNo % 2 === 0) : [];
    const records = Object.fromEntries(
      nodeNos.map((nodeNo) => [
        nodeNo,
        { region: regionOf(nodeNo, size), ...(earlier.includes(nodeNo) && { linkVersions: EARLIER_VERSIONS }) },
      ]),
    );
    const cluster = await ClusterUnderTest.linked(nodeNos, { oneWayMs, records, cluster: { maxFanOut: size.maxFanOut } });
    const simulation = new Simulation(cluster, random, nodeNos, earlier);
    for (const nodeNo of [1, 4]) simulation.#cameras.push({ nodeNo, ...(await cluster.publish(nodeNo, { rids: RIDS })) });
    return simulation;
  }

  private constructor(cluster: ClusterUnderTest, random: () => number, nodeNos: readonly number[], earlier: readonly number[]) {
    this.#cluster = cluster;
    this.#random = random;
    this.#nodeNos = nodeNos;
    this.#earlier = earlier;
  }

  /** Lets so many steps pass, in each of which something happens or nothing, and checks after each. */
  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.#act();
      this.#check();
    }
  }

  /** Everything works again for as long as it takes until nothing moves any more. */
  async heal(): Promise<void> {
    for (const one of this.#nodeNos) for (const other of this.#nodeNos) if (one < other) this.#cluster.mesh.heal(one, other);
    for (const { nodeNo, publicationId } of this.#cameras) this.#cluster.node(nodeNo).shard.sendLayers(publicationId, ['h', 'm', 'l']);
    await this.#cluster.clock.advance(SETTLED_WITHIN_MS);
  }

  /** What each live subscription shows; undefined where nothing comes. */
  shown(): readonly (string | undefined)[] {
    return this.#viewers.flatMap(({ nodeNo, joined }) => this.#cluster.shown(nodeNo, joined));
  }

  /** The number of nodes on the longest route that a node of an earlier version was sent. */
  longestRouteToEarlier(): number {
    return Math.max(0, ...this.#earlier.map((nodeNo) => this.#cluster.longestRouteTo(nodeNo)));
  }

  /** @returns what is left of relays when all viewers have gone */
  async leftovers(): Promise<readonly string[]> {
    this.#countEvents();
    while (this.#viewers.length > 0) await this.#leave();
    await this.#cluster.clock.advance(RELAY_DIES_WITHIN_MS);
    return [
      ...this.#cluster.copies(),
      ...[...this.#cluster.nodes.values()].flatMap(({ nodeNo, shard }) => [
        ...[...shard.publications.keys()]
          .filter((trackId) => trackId.includes('/leg'))
          .map((trackId) => `publication ${trackId} at ${nodeNo}`),
        ...[...shard.subscriptions.keys()].map((subscriptionId) => `subscription ${subscriptionId} at ${nodeNo}`),
      ]),
    ];
  }

  async #act(): Promise<void> {
    const dice = this.#random();
    const [one, other] = [this.#pick(this.#nodeNos), this.#pick(this.#nodeNos)];
    if (dice < 0.06 && one !== other) this.#cluster.mesh.cut(one, other);
    else if (dice < 0.14 && one !== other) this.#cluster.mesh.heal(one, other);
    else if (dice < 0.24) await this.#join(one);
    else if (dice < 0.3) await this.#leave();
    else if (dice < 0.33) this.#changeLayers();
    else if (dice < 0.335) await this.#restart(one);
    else if (dice < 0.34) this.#isolate(one);
    await this.#cluster.clock.advance(STEP_MS);
  }

  /** Relays form no circle, or `copies` throws; no layer of a track crosses twice from one node to another. */
  #check(): void {
    const copies = this.#cluster.copies();
    expect(new Set(copies).size).toBe(copies.length);
    this.seen.copies += copies.length;
    const owners = this.#cameras.map(({ nodeNo }) => `${nodeNo}>`);
    if (copies.some((copy) => !owners.some((owner) => copy.startsWith(owner)))) this.seen.passedOn++;
  }

  #countEvents(): void {
    for (const { world, shard } of this.#cluster.nodes.values()) {
      this.seen.unreachable += world.events.filter((event) => event.type === 'subscription.ended' && event.reason === 'unreachable').length;
      this.seen.movedLegs += shard.log.filter((line) => line.startsWith('put-publisher-track') && line.includes('/leg')).length;
    }
  }

  async #join(nodeNo: number): Promise<void> {
    if (this.#viewers.length >= VIEWERS_PER_NODE * this.#nodeNos.length) return;
    const joined = await this.#cluster.join(nodeNo);
    this.#viewers.push({ nodeNo, joined });
    const camera = this.#pick(this.#cameras).publisher.track('camera');
    const preferredRid = this.#pick([...RIDS, undefined, undefined]);
    const asked = joined.receive(preferredRid === undefined ? camera : { ...camera, simulcast: { preferredRid } });
    await this.#cluster.clock.advance(0);
    await asked;
  }

  async #leave(): Promise<void> {
    const leaving = this.#pick(this.#viewers);
    if (leaving === undefined) return;
    this.#viewers = this.#viewers.filter((viewer) => viewer !== leaving);
    await this.#cluster.node(leaving.nodeNo).world.sfu.deleteSession(APP, leaving.joined.id);
  }

  #changeLayers(): void {
    const { nodeNo, publicationId } = this.#pick(this.#cameras);
    const layers = ['h', 'm', 'l'].slice(Math.floor(this.#random() * 3));
    this.#cluster.node(nodeNo).shard.sendLayers(publicationId, layers);
  }

  #isolate(nodeNo: number): void {
    for (const other of this.#nodeNos) if (other !== nodeNo) this.#cluster.mesh.cut(nodeNo, other);
  }

  async #restart(nodeNo: number): Promise<void> {
    if (this.#cameras.some((camera) => camera.nodeNo === nodeNo)) return;
    this.#viewers = this.#viewers.filter((viewer) => viewer.nodeNo !== nodeNo);
    await this.#cluster.restart(nodeNo);
    this.seen.restarts++;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }
}

function regionOf(nodeNo: number, { regions }: SimulationSize): string {
  return `region-${nodeNo % regions}`;
}
