/**
 * Several shards as one: sessions are spread over them, verbs go to where their session is, and what is watched elsewhere crosses over.
 */
import type {
  AccountUsage,
  CertificateFingerprint,
  DataChannelRequest,
  EngineListener,
  IceRestartPlan,
  LinkStatistics,
  PublisherTrackPlan,
  SubscriberTrackPlan,
  TransportPlan,
} from '@causeway/media';
import type { ShardInspection } from '../inspection.ts';
import { invariant } from '../invariant.ts';
import { shardNoOf } from '../negotiation/ice-credentials.ts';
import type { LoadSample } from '../overload/load-source.ts';
import type { Shard } from '../shard.ts';
import { chooseShard } from './choose-shard.ts';
import { ExpectedLoad } from './expected-load.ts';
import type { PoolMember } from './pool-member.ts';
import { PooledSessions } from './pooled-sessions.ts';
import { ShardCrew, type ShardCrewOptions } from './shard-crew.ts';
import { sumInspections } from './sum-inspections.ts';
import { type CrossingWay, TrackCrossings } from './track-crossings.ts';

/** What became of one shard, for operators. */
export interface ShardLoss {
  readonly shardNo: number;
  readonly error: Error;
  /** Sessions that went with it. */
  readonly sessions: number;
}

export interface ShardPoolOptions extends ShardCrewOptions {
  /** Of the node's one certificate. */
  readonly fingerprint: CertificateFingerprint;
  /** That all shards share. */
  readonly port: number;
  /** How much a shard is given to do before the next one gets sessions, as a share of its time; see `chooseShard`. */
  readonly fillShare: number;
  readonly onShardLost?: ((loss: ShardLoss) => void) | undefined;
}

/** One shard as the main thread sees it. */
export interface ShardReport {
  readonly shardNo: number;
  readonly isAlive: boolean;
  readonly sessions: number;
  readonly load: LoadSample | undefined;
}

export class ShardPool implements Shard {
  readonly #options: ShardPoolOptions;
  readonly #crew: ShardCrew;
  readonly #sessions = new PooledSessions();
  readonly #crossings = new TrackCrossings(
    (from, to) => this.#way(from, to),
    (linkId) => this.#crew.closeLink(linkId),
    (delayMs, callback) => this.#options.clock.schedule(delayMs, callback),
  );
  /** By shard. */
  readonly #expectedLoads: readonly ExpectedLoad[];
  #listener: EngineListener | undefined;

  /** @throws the system's error if one of the shards cannot be had; none stays then */
  static async open(options: ShardPoolOptions): Promise<ShardPool> {
    const pool = new ShardPool(options);
    await pool.#crew.open({
      onJoined: (shardNo, member) => pool.#welcome(shardNo, member),
      onLost: (shardNo, error, linkIds) => pool.#mourn(shardNo, error, linkIds),
    });
    return pool;
  }

  private constructor(options: ShardPoolOptions) {
    this.#options = options;
    this.#expectedLoads = Array.from({ length: options.size }, () => new ExpectedLoad());
    this.#crew = new ShardCrew(options);
  }

  get fingerprint(): CertificateFingerprint {
    return this.#options.fingerprint;
  }

  get port(): number {
    return this.#options.port;
  }

  get shardCount(): number {
    return this.#crew.size;
  }

  /** How many tracks cross from one shard to another, each counted once for every shard it crosses to. */
  get crossings(): number {
    return this.#crossings.size;
  }

  chooseShardNo(): number {
    const nowMs = this.#options.clock.nowMs();
    const burdens = this.shards().map(({ load, ...report }) => ({
      ...report,
      expectedLoad: this.#expectedLoads[report.shardNo]?.at(nowMs, load?.utilization ?? 0) ?? 0,
    }));
    const chosen = chooseShard(burdens, this.#options.fillShare);
    this.#expectedLoads[chosen]?.addNewcomer();
    return chosen;
  }

  isAlive(): boolean {
    return this.shards().some(({ isAlive }) => isAlive);
  }

  /** All shards, by number. */
  shards(): ShardReport[] {
    return Array.from({ length: this.shardCount }, (_, shardNo) => ({
      shardNo,
      isAlive: this.#crew.isAlive(shardNo),
      sessions: this.#sessions.countOn(shardNo),
      load: this.#crew.member(shardNo)?.load,
    }));
  }

  setListener(listener: EngineListener): void {
    this.#listener = listener;
  }

  openTransport(plan: TransportPlan): void {
    const shardNo = shardNoOf(plan.local.ufrag);
    invariant(shardNo !== undefined && shardNo < this.shardCount, 'user fragments begin with the number that chooseShardNo gave');
    this.#sessions.open(plan.transportId, shardNo);
    const member = this.#crew.member(shardNo);
    if (member !== undefined) member.openTransport(plan);
    else queueMicrotask(() => this.#closeFromWithin(plan.transportId, 'internal_error'));
  }

  restartIce(plan: IceRestartPlan): void {
    this.#memberOf(plan.transportId)?.restartIce(plan);
  }

  closeTransport(transportId: string): void {
    const member = this.#memberOf(transportId);
    this.#forget(transportId);
    member?.closeTransport(transportId);
  }

  putPublisherTrack(plan: PublisherTrackPlan): void {
    const shardNo = this.#sessions.shardNoOf(plan.transportId);
    if (shardNo === undefined) return;
    this.#sessions.putTrack(plan);
    this.#crew.member(shardNo)?.putPublisherTrack(plan);
    this.#crossings.putSource(shardNo, plan);
  }

  removePublisherTrack(trackId: string): void {
    const shardNo = this.#sessions.shardNoOfTrack(trackId);
    if (shardNo === undefined) return;
    this.#crossings.removeSource(trackId);
    this.#sessions.removeTrack(trackId);
    this.#crew.member(shardNo)?.removePublisherTrack(trackId);
  }

  putSubscriberTrack(plan: SubscriberTrackPlan): void {
    const shardNo = this.#sessions.shardNoOf(plan.transportId);
    if (shardNo === undefined) return;
    this.#sessions.putSubscription(plan);
    this.#crossings.putSubscription(shardNo, plan, () => this.#crew.member(shardNo)?.putSubscriberTrack(plan));
  }

  removeSubscriberTrack(subscriptionId: string): void {
    const shardNo = this.#sessions.shardNoOfSubscription(subscriptionId);
    if (shardNo === undefined) return;
    this.#sessions.removeSubscription(subscriptionId);
    this.#crew.member(shardNo)?.removeSubscriberTrack(subscriptionId);
    this.#crossings.removeSubscription(subscriptionId);
  }

  openDataChannel(transportId: string, request: DataChannelRequest): void {
    this.#memberOf(transportId)?.openDataChannel(transportId, request);
  }

  sendData(transportId: string, streamId: number, data: Uint8Array | string): void {
    this.#memberOf(transportId)?.sendData(transportId, streamId, data);
  }

  forgetHistories(): void {
    for (const member of this.#crew.members()) member.forgetHistories();
  }

  async linkStatistics(): Promise<readonly LinkStatistics[]> {
    const told = await answers(this.#crew.members().map((member) => member.linkStatistics()));
    return told.flat().filter(({ transportId }) => this.#sessions.shardNoOf(transportId) !== undefined);
  }

  /** A thread that dies takes with it what was not asked for yet. */
  async takeUsage(): Promise<readonly AccountUsage[]> {
    return (await answers(this.#crew.members().map((member) => member.takeUsage()))).flat();
  }

  /** @throws Error – no shard is there */
  async inspect(): Promise<ShardInspection> {
    const told = await answers(this.#crew.members().map((member) => member.inspect()));
    if (told.length === 0) throw new Error('all shards of this node are being replaced');
    return sumInspections(told);
  }

  close(): Promise<void> {
    return this.#crew.close();
  }

  #memberOf(transportId: string): PoolMember | undefined {
    const shardNo = this.#sessions.shardNoOf(transportId);
    return shardNo === undefined ? undefined : this.#crew.member(shardNo);
  }

  #way(fromShardNo: number, toShardNo: number): CrossingWay | undefined {
    const transportId = this.#crew.linkBetween(fromShardNo, toShardNo);
    const [upstream, downstream] = [this.#crew.member(fromShardNo), this.#crew.member(toShardNo)];
    if (transportId === undefined || upstream === undefined || downstream === undefined) return undefined;
    return { transportId, upstream, downstream };
  }

  #welcome(shardNo: number, member: PoolMember): void {
    member.setListener(this.#listenerOf(shardNo));
    this.#crossings.shardCame(shardNo);
  }

  #mourn(shardNo: number, error: Error, linkIds: readonly string[]): void {
    for (const linkId of linkIds) this.#crossings.linkLost(linkId);
    const lost = this.#sessions.transportsOn(shardNo);
    this.#options.onShardLost?.({ shardNo, error, sessions: lost.length });
    for (const transportId of lost) this.#closeFromWithin(transportId, 'internal_error');
  }

  /** Events of a shard, without what it tells of its links and of tracks that only cross to it. */
  #listenerOf(shardNo: number): EngineListener {
    const isHere = (transportId: string): boolean => this.#sessions.shardNoOf(transportId) === shardNo;
    const isFromHere = (trackId: string): boolean => this.#sessions.shardNoOfTrack(trackId) === shardNo;
    return {
      onConnectionState: (id, state) => void (isHere(id) && this.#listener?.onConnectionState(id, state)),
      onTransportClosed: (id, reason) => void (isHere(id) && this.#closeFromWithin(id, reason)),
      onTrackActivity: (id, activity) => void (isFromHere(id) && this.#listener?.onTrackActivity(id, activity)),
      onDataChannelOpened: (id, streamId, label) => void (isHere(id) && this.#listener?.onDataChannelOpened(id, streamId, label)),
      onDataChannelClosed: (id, streamId) => void (isHere(id) && this.#listener?.onDataChannelClosed(id, streamId)),
      onDataChannelMessage: (id, streamId, data) => void (isHere(id) && this.#listener?.onDataChannelMessage(id, streamId, data)),
      onLayersChanged: (id, rids) => {
        if (!isFromHere(id)) return;
        this.#crossings.layersChanged(id, rids);
        this.#listener?.onLayersChanged(id, rids);
      },
      onDefect: (id, error) => this.#listener?.onDefect(id, error),
      onOutputReady: () => undefined,
    };
  }

  /** The engine has closed a transport by itself, or is gone. */
  #closeFromWithin(transportId: string, reason: Parameters<EngineListener['onTransportClosed']>[1]): void {
    if (this.#sessions.shardNoOf(transportId) === undefined) return;
    this.#forget(transportId);
    this.#listener?.onTransportClosed(transportId, reason);
  }

  #forget(transportId: string): void {
    const { tracks, subscriptions } = this.#sessions.close(transportId);
    for (const trackId of tracks) this.#crossings.removeSource(trackId);
    for (const subscriptionId of subscriptions) this.#crossings.removeSubscription(subscriptionId);
  }
}

/** Of those that could answer: one that has just been lost cannot. */
async function answers<Answer>(asked: readonly Promise<Answer>[]): Promise<Answer[]> {
  const outcomes = await Promise.allSettled(asked);
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
