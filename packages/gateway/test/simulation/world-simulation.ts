import { AppId, SfuError } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';
import { seededRandom } from '@causeway/testkit/seeded-random';
import { RecordingClient } from '../support/event-node.ts';
import { describeFault, drawFaults, type Fault } from './fault-plan.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { SimulatedWorld, type WorldSize } from './simulated-world.ts';

export interface SimulationResult {
  /** What did not hold, with its time; undefined if everything did. */
  readonly broken: string | undefined;
  readonly seen: Seen;
}

/** What was met: a simulation in which nothing happens proves nothing. */
export interface Seen {
  faults: number;
  copies: number;
  told: number;
  passedCalls: number;
  billedBytes: number;
  heardEvents: number;
  commands: number;
}

interface Member {
  readonly isPublisher: boolean;
  /** undefined while it has no session. */
  session: { readonly id: string; readonly nodeNo: number; readonly life: unknown; readonly sinceMs: number } | undefined;
  /** What it waits for; undefined while it waits for nothing. */
  attempt: { readonly sinceMs: number } | undefined;
  /** Who is watched, since when that was asked for, and since when nothing is seen. */
  watched: { readonly publisherId: string; blindSinceMs: number | undefined } | undefined;
  unlistedSinceMs: number | undefined;
}

const STEP_MS = 500;
const APP = AppId.parse('simulated');
/** A relay finds another way within 3 s; without any for 10 s its subscribers are told; a dead node is given up within 8 s. */
const SEEN_OR_TOLD_WITHIN_MS = 24_000;
/** Redis emptied, rolled back or away: everything is listed again this long after it was last in trouble. */
const LISTED_WITHIN_MS = 20_000;
/** A second copy that failures have left goes within this time. */
const ONE_COPY_WITHIN_MS = 30_000;
/** A node takes so long to find that Redis answers again. */
const CLAIMS_HOLD_AFTER_MS = 5_000;
/** A client whose call for a new session is not answered calls again, perhaps by way of another node. */
const JOINS_AGAIN_AFTER_MS = 30_000;
const VIEWERS_PER_NODE = 2;
const BYTES_PER_STEP = 1_000;
const MAX_CLOSING_STEPS = 12;

/** Clients of whole nodes, faults drawn from a seed, and what must hold in spite of them. */
export class WorldSimulation {
  readonly #world: SimulatedWorld;
  readonly #random: () => number;
  readonly #members: Member[] = [];
  readonly #seen: Seen = { faults: 0, copies: 0, told: 0, passedCalls: 0, billedBytes: 0, heardEvents: 0, commands: 0 };
  readonly #durationMs: number;
  readonly #size: WorldSize;
  readonly #faults: readonly Fault[];
  #broken: string | undefined;
  #lastFaultEndMs = 0;
  #carriedBytes = 0;
  /** Since when a track has come into a region twice. */
  readonly #secondCopiesSinceMs = new Map<string, number>();
  #keys = 0;
  /** Follows the events of the app, at one node after the other. */
  readonly #follower = new RecordingClient();
  #followedLife: SimulatedNode | undefined;
  #checkedEvents = 0;
  readonly #heardNumbers = new Set<number>();
  readonly #newestOfSession = new Map<string, number>();
  /** How often Redis has lost something since the follower last passed a loss in the log. */
  #lossesAhead = 0;
  #passedLoss = '';
  /** Number of the newest event that the follower may be told twice. */
  #repeatableUntil = 0;
  readonly #followerRandom: () => number;
  #isLedgerForgetful = false;
  /** A node that is killed takes with it what was carried since it last wrote to its journal, up to five seconds. */
  #hasLostUsage = false;

  constructor(seed: number, size: WorldSize, durationMs: number, faults?: readonly Fault[]) {
    this.#random = seededRandom(seed);
    // Followers have a random source of their own, so that known seeds keep their meaning.
    this.#followerRandom = seededRandom(seed ^ 0xe7e47);
    this.#durationMs = durationMs;
    this.#size = size;
    this.#faults = faults ?? drawFaults(seededRandom(seed ^ 0x5eed), size.nodes, durationMs);
    this.#world = new SimulatedWorld(seed, size, {
      onEvent: (_, event) => this.#hear(event),
      onNodeEnding: (nodeNo, how) => this.#noteEnding(nodeNo, how),
      onDefect: (error) => this.#fail(`a node met a defect: ${String((error as Error)?.stack ?? error)}`),
    });
    for (let index = 0; index < 2 + size.nodes * VIEWERS_PER_NODE; index++) {
      this.#members.push({
        isPublisher: index < 2,
        session: undefined,
        attempt: undefined,
        watched: undefined,
        unlistedSinceMs: undefined,
      });
    }
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  async run(): Promise<SimulationResult> {
    await this.#world.start();
    const startMs = this.#world.clock.nowMs();
    const waiting = [...this.#faults];
    while (this.#broken === undefined && this.#world.clock.nowMs() - startMs < this.#durationMs) {
      while (waiting[0] !== undefined && startMs + waiting[0].atMs <= this.#world.clock.nowMs()) this.#strike(waiting.shift() as Fault);
      await this.#step();
    }
    this.#world.heal();
    for (let ms = 0; this.#broken === undefined && ms < ONE_COPY_WITHIN_MS + SEEN_OR_TOLD_WITHIN_MS; ms += STEP_MS) await this.#step();
    if (this.#broken === undefined) await this.#finish();
    this.#seen.commands = this.#world.redis.commands;
    return { broken: this.#broken, seen: this.#seen };
  }

  #strike(fault: Fault): void {
    this.#seen.faults++;
    this.#lastFaultEndMs = Math.max(
      this.#lastFaultEndMs,
      this.#world.clock.nowMs() + fault.forMs + (fault.kind === 'deploy' ? 14_000 : 3_000),
    );
    if (fault.kind === 'redis-flushed') this.#isLedgerForgetful = true;
    if (fault.kind === 'redis-flushed' || fault.kind === 'redis-failover') this.#noteEventLoss();
    this.#world.strike(fault);
  }

  async #step(): Promise<void> {
    for (const member of this.#members) this.#act(member);
    this.#follow();
    this.#carry();
    if (this.#world.clock.nowMs() % 2_000 === 0) void this.#checkListing();
    await this.#world.pass(STEP_MS);
    this.#check();
  }

  /** A client does what its page would: it comes, watches, and comes back when its node is gone. */
  #act(member: Member): void {
    // A node that was killed will never answer, so its clients do not wait for it.
    if (member.session !== undefined && this.#world.find(member.session.nodeNo) !== member.session.life) this.#forget(member);
    const { session, attempt } = member;
    const waitedMs = this.#world.clock.nowMs() - (attempt?.sinceMs ?? 0);
    if (attempt !== undefined && (session !== undefined || waitedMs < JOINS_AGAIN_AFTER_MS)) return;
    const node = session === undefined ? undefined : this.#world.find(session.nodeNo);
    if (session !== undefined && node?.isDraining === true && this.#random() < 0.3) {
      this.#attempt(member, async () => {
        await node.sfu.deleteSession(APP, session.id);
        if (member.session === session) this.#forget(member);
      });
    } else if (session === undefined) this.#attempt(member, () => this.#join(member));
    else if (!member.isPublisher && member.watched === undefined) this.#attempt(member, () => this.#watch(member));
  }

  #attempt(member: Member, what: () => Promise<void>): void {
    const attempt = { sinceMs: this.#world.clock.nowMs() };
    member.attempt = attempt;
    const end = (): void => {
      if (member.attempt === attempt) member.attempt = undefined;
    };
    what().then(end, (error: unknown) => {
      end();
      if (!(error instanceof SfuError)) this.#fail(`a client met ${String((error as Error)?.stack ?? error)}`);
    });
  }

  async #join(member: Member): Promise<void> {
    const entrances = this.#world.nodes.filter(({ nodeNo, isDraining }) => this.#world.isUp(nodeNo) && !isDraining);
    const entrance = entrances[Math.floor(this.#random() * entrances.length)];
    if (entrance === undefined) return;
    const { attempt } = member;
    const key = `key-${++this.#keys}`;
    const calmSinceMs = this.#lastFaultEndMs;
    const place = this.#world.locationOf(Math.floor(this.#random() * this.#size.regions));
    const id = await entrance.placeSession(key, member.isPublisher, place);
    const owner = this.#world.nodes.find(({ clients }) => clients.has(id));
    if (owner === undefined) return;
    if (owner !== entrance) this.#seen.passedCalls++;
    if (calmSinceMs < this.#world.clock.nowMs() - CLAIMS_HOLD_AFTER_MS) await this.#checkClaim(key, owner, calmSinceMs);
    if (member.attempt !== attempt) return;
    member.session = { id, nodeNo: owner.nodeNo, life: owner, sinceMs: this.#world.clock.nowMs() };
  }

  /** A call that comes again by way of another node is for the node that has carried it out. */
  async #checkClaim(key: string, owner: SimulatedNode, calmSinceMs: number): Promise<void> {
    const others = this.#world.nodes.filter((node) => node !== owner && this.#world.isUp(node.nodeNo));
    const other = others[Math.floor(this.#random() * others.length)];
    if (other === undefined) return;
    const { nodeNo, epoch } = await other.holderOf(key);
    const { self } = owner.cluster.directory;
    // A claim that was made without Redis holds at one node only, and Redis may have lost it since.
    if (this.#lastFaultEndMs !== calmSinceMs || (nodeNo === self.nodeNo && epoch === self.epoch)) return;
    this.#fail(`node ${owner.nodeNo} has carried out a call that ${nodeNo}:${epoch} has claimed`);
  }

  async #watch(member: Member): Promise<void> {
    const { session } = member;
    const node = session && this.#world.find(session.nodeNo);
    const client = session && node?.clients.get(session.id);
    const publishers = this.#members.filter((each) => each.isPublisher && each.session !== undefined);
    const publisherId = publishers[Math.floor(this.#random() * publishers.length)]?.session?.id;
    if (session === undefined || node === undefined || client === undefined || publisherId === undefined) return;
    if (!this.#world.isUp(node.nodeNo)) return;
    await node.watch(session.id, client, publisherId);
    if (member.session === session) member.watched = { publisherId, blindSinceMs: this.#world.clock.nowMs() };
  }

  #hear(event: SfuEvent): void {
    if (event.type !== 'subscription.ended' && event.type !== 'subscription.failed' && event.type !== 'session.closed') return;
    const member = this.#members.find(({ session }) => session?.id === event.sessionId);
    if (member === undefined) return;
    if (event.type === 'session.closed') this.#forget(member);
    else {
      this.#seen.told++;
      member.watched = undefined;
    }
  }

  #forget(member: Member): void {
    member.session = undefined;
    member.attempt = undefined;
    member.watched = undefined;
    member.unlistedSinceMs = undefined;
  }

  /** Whose clients have had time to leave: a node that drained closes nobody's session. */
  #noteEnding(nodeNo: number, how: 'killed' | 'drained'): void {
    if (how === 'killed') this.#hasLostUsage = true;
    const node = this.#world.find(nodeNo);
    const left = this.#members.filter(({ session, attempt }) => session !== undefined && session.life === node && attempt === undefined);
    if (how === 'drained' && left.length > 0 && this.#isCalm(LISTED_WITHIN_MS))
      this.#fail(`node ${nodeNo} ends after draining with ${left.length} sessions`);
  }

  /** Every subscriber that is shown something is sent bytes, which are billed. */
  #carry(): void {
    for (const node of this.#world.nodes) {
      if (!this.#world.isUp(node.nodeNo)) continue;
      const shown = [...node.shard.subscriptions.values()].filter(
        ({ subscriptionId, transportId }) =>
          node.clients.has(transportId) && this.#world.mesh.tracks.shown(node.nodeNo, subscriptionId) !== undefined,
      );
      if (shown.length === 0) continue;
      const down = shown.length * BYTES_PER_STEP;
      this.#carriedBytes += down;
      const bytes = { down, up: 0, relay: 0, retransmitted: 0, data: 0 };
      node.shard.usage.push({ account: APP, bytes, parts: [{ transportId: undefined, track: 'shown', kind: 'video', bytes }] });
    }
  }

  #check(): void {
    const nowMs = this.#world.clock.nowMs();
    for (const member of this.#members) this.#checkSight(member, nowMs);
    this.#checkCopies(nowMs);
    this.#checkEvents();
  }

  /** As a client does whose node is gone, and now and then for no reason. */
  #follow(): void {
    const life = this.#followedLife;
    const isThere = life !== undefined && this.#world.find(life.nodeNo) === life;
    const nodes = this.#world.nodes.filter(({ nodeNo }) => this.#world.isUp(nodeNo));
    const next = nodes[Math.floor(this.#followerRandom() * nodes.length)];
    if (next === undefined || (isThere && this.#followerRandom() < 0.97)) return;
    this.#followedLife = next;
    this.#follower.join(next.events.feed);
  }

  /** A client that has not seen the log lose events before it loses some again may get those before twice (ADR 0026). */
  #noteEventLoss(): void {
    this.#lossesAhead++;
    if (this.#lossesAhead > 1) this.#repeatableUntil = this.#world.events;
  }

  /** No event comes twice, and those of a session come in order. */
  #checkEvents(): void {
    const { heard, lastEventId = '' } = this.#follower;
    const [, passedLoss = ''] = lastEventId.split('~');
    if (passedLoss !== this.#passedLoss) this.#lossesAhead = 0;
    this.#passedLoss = passedLoss;
    for (; this.#checkedEvents < heard.length; this.#checkedEvents++) {
      const { type, sessionId, number } = heard[this.#checkedEvents] ?? { type: '', sessionId: '', number: 0 };
      if (type === 'events.lost') this.#fail('a client was told that events are lost');
      if (this.#heardNumbers.has(number)) {
        if (number > this.#repeatableUntil) this.#fail(`event ${number} was told twice`);
        continue;
      }
      this.#heardNumbers.add(number);
      if (number < (this.#newestOfSession.get(sessionId) ?? 0)) this.#fail(`events of ${sessionId} were told out of order: ${number}`);
      this.#newestOfSession.set(sessionId, number);
    }
  }

  /** Everything that happened after the follower had come, and some time ago, it has heard of. */
  #checkThatAllWereHeard(untilNumber: number): void {
    const first = Math.min(...this.#heardNumbers);
    for (let number = first; number <= untilNumber; number++) {
      if (!this.#heardNumbers.has(number)) this.#fail(`event ${number} of ${untilNumber} was not told`);
    }
    this.#seen.heardEvents = this.#heardNumbers.size;
  }

  /** Every wanted track arrives within its time, or its subscriber is told. */
  #checkSight({ session, watched }: Member, nowMs: number): void {
    const node = session && this.#world.find(session.nodeNo);
    if (session === undefined || watched === undefined || node === undefined || node !== session.life) return;
    const subscriptions = node.shard.subscriptionsOf(session.id);
    const sees = subscriptions.some(({ subscriptionId }) => this.#world.mesh.tracks.shown(node.nodeNo, subscriptionId) !== undefined);
    // A frozen node is not late.
    if (sees || !this.#world.isUp(node.nodeNo)) watched.blindSinceMs = undefined;
    else watched.blindSinceMs ??= nowMs;
    const blindMs = nowMs - (watched.blindSinceMs ?? nowMs);
    if (blindMs > SEEN_OR_TOLD_WITHIN_MS)
      this.#fail(
        `session ${session.id} at node ${node.nodeNo} has seen nothing of ${watched.publisherId} for ${blindMs} ms and was not told`,
      );
  }

  /** At most one copy of a layer comes into a region, save that a way is changed; `copies` throws if there is a circle. */
  #checkCopies(nowMs: number): void {
    const copies = this.#world.mesh.tracks.copies();
    this.#seen.copies += copies.length;
    const entering = copies.filter(({ from, to }) => this.#world.regionOf(from) !== this.#world.regionOf(to));
    const arrivals = entering.map(({ to, track, rid }) => `${track}@${rid} into ${this.#world.regionOf(to)}`);
    const seconds = new Set(arrivals.filter((arrival, index) => arrivals.indexOf(arrival) !== index));
    // Each arrival has a clock of its own: many that are brief may follow each other, and one that stays may begin among them.
    for (const arrival of this.#secondCopiesSinceMs.keys()) if (!seconds.has(arrival)) this.#secondCopiesSinceMs.delete(arrival);
    for (const second of seconds) {
      if (!this.#secondCopiesSinceMs.has(second)) this.#secondCopiesSinceMs.set(second, nowMs);
      const sinceMs = Math.max(this.#secondCopiesSinceMs.get(second) ?? nowMs, this.#lastFaultEndMs);
      if (nowMs - sinceMs <= ONE_COPY_WITHIN_MS) continue;
      const ways = entering.filter((_, index) => arrivals[index] === second);
      this.#fail(`a second copy of ${second} for ${nowMs - sinceMs} ms: ${ways.map(({ from, to }) => `${from}>${to}`).join(' ')}`);
    }
  }

  /** No live session is missing from listings, once Redis has been well for long enough. */
  async #checkListing(): Promise<void> {
    const readers = this.#world.nodes.filter(({ nodeNo }) => this.#world.isUp(nodeNo));
    const reader = readers[Math.floor(this.#random() * readers.length)];
    if (reader === undefined) return;
    const askedAtMs = this.#world.clock.nowMs();
    const listed = new Set<string>();
    for (let cursor: string | undefined; ; ) {
      const page = await reader.sfu.listSessions(APP, { limit: 100, ...(cursor !== undefined && { cursor }) }).catch(() => undefined);
      // Listings may be partial while Redis is unavailable.
      if (page === undefined || page.isPartial === true) return;
      for (const { sessionId } of page.sessions) listed.add(sessionId);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    for (const member of this.#members) {
      const { session } = member;
      if (session === undefined || listed.has(session.id)) {
        member.unlistedSinceMs = undefined;
        continue;
      }
      if (session.sinceMs > askedAtMs) continue;
      member.unlistedSinceMs ??= askedAtMs;
      const sinceMs = Math.max(member.unlistedSinceMs, this.#lastFaultEndMs);
      if (askedAtMs - sinceMs > LISTED_WITHIN_MS)
        this.#fail(
          `session ${session.id} of node ${session.nodeNo} has not been listed at node ${reader.nodeNo} for ${askedAtMs - sinceMs} ms`,
        );
    }
  }

  /** All nodes close in good order; then everything that was carried has been billed once. */
  async #finish(): Promise<void> {
    const happened = this.#world.events;
    await this.#world.clock.advance(5_000);
    this.#checkEvents();
    this.#checkThatAllWereHeard(happened);
    this.#follower.leave();
    const [ledger] = this.#world.nodes.map(({ cluster }) => cluster.usageLedger);
    const day = this.#world.nodes[0]?.usage.today() ?? '';
    for (const some of this.#inGroups()) {
      const closing = some.map((node) => node.sfu.close().then(() => Promise.all([node.usage.close(), node.events.outbox.close()])));
      await this.#world.clock.advance(3_000);
      await Promise.all(closing);
    }
    const reading = ledger?.totals(APP, day);
    await this.#world.clock.advance(1_000);
    const { down: billed = 0 } = (await reading) ?? {};
    this.#seen.billedBytes = billed;
    if (billed > this.#carriedBytes) this.#fail(`${billed} bytes were billed, and ${this.#carriedBytes} carried`);
    if (!this.#isLedgerForgetful && !this.#hasLostUsage && billed < this.#carriedBytes)
      this.#fail(`${billed} bytes were billed of ${this.#carriedBytes} that were carried`);
    for (const some of this.#inGroups()) {
      const leaving = some.map(({ cluster }) => cluster.close());
      await this.#world.clock.advance(1_000);
      await Promise.all(leaving);
    }
  }

  /** Nodes end one after the other, or, where there are many, some at once. */
  #inGroups(): readonly (readonly SimulatedNode[])[] {
    const { nodes } = this.#world;
    const size = Math.ceil(nodes.length / MAX_CLOSING_STEPS);
    return Array.from({ length: Math.ceil(nodes.length / size) }, (_, group) => nodes.slice(group * size, (group + 1) * size));
  }

  #isCalm(forMs: number): boolean {
    return this.#world.clock.nowMs() - this.#lastFaultEndMs > forMs;
  }

  #fail(what: string): void {
    this.#broken ??= `after ${(this.#world.clock.nowMs() / 1000).toFixed(1)} s: ${what}`;
  }
}

/** @returns what a report says of a plan */
export function describePlan(faults: readonly Fault[]): string {
  return faults.map(describeFault).join('\n  ');
}
