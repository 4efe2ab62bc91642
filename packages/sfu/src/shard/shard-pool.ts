/**
 * Presents several shards as one. Sessions are spread over them, commands go to the shard of their session, and
 * publications cross to the shards of their subscribers.
 */
import type { CertificateFingerprint, EngineCommand, EngineEvent, EngineEventListener, TransportCloseReason } from '@causeway/media';
import { invariant } from '../invariant.ts';
import { shardNoOf } from '../negotiation/ice-credentials.ts';
import type { LoadSample } from '../overload/load-source.ts';
import type { Shard, ShardAnswers, ShardQuestion } from '../shard.ts';
import { chooseShard, ExpectedLoad } from './choose-shard.ts';
import { DataCrossings, type DataEvent, isDataEvent } from './data-crossings.ts';
import { sumInspections } from './inspect-shard.ts';
import { PooledData } from './pooled-data.ts';
import { PooledSessions } from './pooled-sessions.ts';
import { type PoolMember, ShardSet, type ShardSetOptions } from './shard-set.ts';
import { type CrossingWay, TrackCrossings } from './track-crossings.ts';

type CommandOf<Type extends EngineCommand['type']> = Extract<EngineCommand, { readonly type: Type }>;

/** Describes the loss of a shard, for operators. */
export interface ShardLoss {
  readonly shardNo: number;
  readonly error: Error;
  /** The number of sessions lost with it. */
  readonly sessions: number;
}

export interface ShardPoolOptions extends ShardSetOptions {
  /** Fingerprint of the node's certificate. */
  readonly fingerprint: CertificateFingerprint;
  /** The UDP port that all shards share. */
  readonly port: number;
  /** How busy a shard becomes before the next one is given sessions, as a share of its time; see `chooseShard`. */
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
  readonly #set: ShardSet;
  readonly #sessions = new PooledSessions();
  readonly #crossings = new TrackCrossings(
    (from, to) => this.#way(from, to),
    (linkId) => this.#closeIdleLink(linkId),
    (delayMs, callback) => this.#options.clock.schedule(delayMs, callback),
  );
  readonly #data = new DataCrossings(
    (from, to) => this.#way(from, to),
    (linkId) => this.#closeIdleLink(linkId),
  );
  readonly #pooledData: PooledData;
  /** Expected loads by shard number. */
  readonly #expectedLoads: readonly ExpectedLoad[];
  #listener: EngineEventListener | undefined;

  /** @throws the system's error if one of the shards cannot be started; none stays open then */
  static async open(options: ShardPoolOptions): Promise<ShardPool> {
    const pool = new ShardPool(options);
    await pool.#set.open({
      onJoined: (shardNo, member) => pool.#handleJoin(shardNo, member),
      onLost: (shardNo, error, linkIds) => pool.#handleLoss(shardNo, error, linkIds),
    });
    return pool;
  }

  private constructor(options: ShardPoolOptions) {
    this.#options = options;
    this.#expectedLoads = Array.from({ length: options.size }, () => new ExpectedLoad());
    this.#set = new ShardSet(options);
    this.#pooledData = new PooledData(this.#set, this.#sessions, this.#data);
  }

  get fingerprint(): CertificateFingerprint {
    return this.#options.fingerprint;
  }

  get port(): number {
    return this.#options.port;
  }

  get shardCount(): number {
    return this.#set.size;
  }

  /** The number of tracks that cross between shards, each counted once for every shard that it crosses to. */
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
      isAlive: this.#set.isAlive(shardNo),
      sessions: this.#sessions.countOn(shardNo),
      load: this.#set.member(shardNo)?.load,
    }));
  }

  setListener(listener: EngineEventListener): void {
    this.#listener = listener;
  }

  send(command: EngineCommand): void {
    switch (command.type) {
      case 'open-transport':
        this.#openTransport(command);
        break;
      case 'close-transport':
        this.#closeTransport(command);
        break;
      case 'put-publisher-track':
        this.#putPublisherTrack(command);
        break;
      case 'remove-publisher-track':
        this.#removePublisherTrack(command);
        break;
      case 'put-subscriber-track':
        this.#putSubscriberTrack(command);
        break;
      case 'remove-subscriber-track':
        this.#removeSubscriberTrack(command);
        break;
      case 'put-data-publication':
      case 'put-data-subscription':
      case 'remove-data-publication':
      case 'remove-data-subscription':
      case 'publish-data':
      case 'reply-data':
        this.#pooledData.send(command);
        break;
      case 'forget-histories':
        for (const member of this.#set.members()) member.send(command);
        break;
      default:
        this.#memberOf('plan' in command ? command.plan.transportId : command.transportId)?.send(command);
    }
  }

  /** @throws Error – the question is `inspection`, and no shard is available */
  ask<Question extends ShardQuestion>(question: Question, transportId?: string): Promise<ShardAnswers[Question]>;
  async ask(question: ShardQuestion, transportId = ''): Promise<ShardAnswers[ShardQuestion]> {
    switch (question) {
      case 'link-statistics': {
        const links = (await this.#askAll(question)).flat();
        return links.filter(({ transportId }) => this.#sessions.shardNoOf(transportId) !== undefined);
      }
      case 'data-statistics':
        return this.#pooledData.statistics();
      case 'transport':
      case 'newest-quality':
        return this.#memberOf(transportId)?.ask(question, transportId);
      case 'quality':
        return (await this.#memberOf(transportId)?.ask(question, transportId)) ?? [];
      case 'usage':
        // A thread that dies loses the usage that was not collected yet.
        return (await this.#askAll(question)).flat();
      case 'inspection': {
        const inspections = await this.#askAll(question);
        if (inspections.length === 0) throw new Error('all shards of this node are being replaced; try again in a moment');
        return sumInspections(inspections);
      }
    }
  }

  close(): Promise<void> {
    return this.#set.close();
  }

  #openTransport(command: CommandOf<'open-transport'>): void {
    const { transportId, local } = command.plan;
    const shardNo = shardNoOf(local.ufrag);
    invariant(shardNo !== undefined && shardNo < this.shardCount, 'user fragments begin with the number that chooseShardNo gave');
    this.#sessions.open(transportId, shardNo);
    const member = this.#set.member(shardNo);
    if (member !== undefined) member.send(command);
    else queueMicrotask(() => this.#closeFromWithin(transportId, 'internal_error'));
  }

  #closeTransport(command: CommandOf<'close-transport'>): void {
    const member = this.#memberOf(command.transportId);
    this.#forget(command.transportId);
    member?.send(command);
  }

  #putPublisherTrack(command: CommandOf<'put-publisher-track'>): void {
    const { plan } = command;
    const shardNo = this.#sessions.shardNoOf(plan.transportId);
    if (shardNo === undefined) return;
    this.#sessions.putTrack(plan);
    this.#set.member(shardNo)?.send(command);
    this.#crossings.putSource(shardNo, plan);
  }

  #removePublisherTrack(command: CommandOf<'remove-publisher-track'>): void {
    const { trackId } = command;
    const shardNo = this.#sessions.shardNoOfTrack(trackId);
    if (shardNo === undefined) return;
    this.#crossings.removeSource(trackId);
    this.#sessions.removeTrack(trackId);
    this.#set.member(shardNo)?.send(command);
  }

  #putSubscriberTrack(command: CommandOf<'put-subscriber-track'>): void {
    const { plan } = command;
    const shardNo = this.#sessions.shardNoOf(plan.transportId);
    if (shardNo === undefined) return;
    this.#sessions.putSubscription(plan);
    this.#crossings.putSubscription(shardNo, plan, () => this.#set.member(shardNo)?.send(command));
  }

  #removeSubscriberTrack(command: CommandOf<'remove-subscriber-track'>): void {
    const { subscriptionId } = command;
    const shardNo = this.#sessions.shardNoOfSubscription(subscriptionId);
    if (shardNo === undefined) return;
    this.#sessions.removeSubscription(subscriptionId);
    this.#set.member(shardNo)?.send(command);
    this.#crossings.removeSubscription(subscriptionId);
  }

  /** Closes a link once neither tracks nor data cross it. */
  #closeIdleLink(linkId: string): void {
    if (!this.#crossings.isUsing(linkId) && !this.#data.isUsing(linkId)) this.#set.closeLink(linkId);
  }

  /** @returns the answers of all shards that gave one; a shard that has just been lost gives none */
  async #askAll<Question extends ShardQuestion>(question: Question): Promise<ShardAnswers[Question][]> {
    const outcomes = await Promise.allSettled(this.#set.members().map((member) => member.ask(question)));
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  }

  #memberOf(transportId: string): PoolMember | undefined {
    const shardNo = this.#sessions.shardNoOf(transportId);
    return shardNo === undefined ? undefined : this.#set.member(shardNo);
  }

  #way(fromShardNo: number, toShardNo: number): CrossingWay | undefined {
    const transportId = this.#set.linkBetween(fromShardNo, toShardNo);
    const [upstream, downstream] = [this.#set.member(fromShardNo), this.#set.member(toShardNo)];
    if (transportId === undefined || upstream === undefined || downstream === undefined) return undefined;
    return { transportId, upstream, downstream };
  }

  #handleJoin(shardNo: number, member: PoolMember): void {
    member.setListener((event) => this.#handleEvent(shardNo, event));
    this.#crossings.shardCame(shardNo);
    this.#data.shardCame(shardNo);
  }

  #handleLoss(shardNo: number, error: Error, linkIds: readonly string[]): void {
    for (const linkId of linkIds) {
      this.#crossings.linkLost(linkId);
      this.#data.linkLost(linkId);
    }
    const ended = this.#data.removeOwnOn(shardNo);
    const lost = this.#sessions.transportsOn(shardNo);
    this.#options.onShardLost?.({ shardNo, error, sessions: lost.length });
    for (const transportId of lost) this.#closeFromWithin(transportId, 'internal_error');
    for (const event of ended) this.#listener?.(event);
  }

  /** Passes on a shard's events, except those about its links and about tracks that only cross to it. */
  #handleEvent(shardNo: number, event: EngineEvent): void {
    if (isDataEvent(event)) {
      const told = this.#data.handleEvent(shardNo, event);
      if (told !== undefined) this.#listener?.(told);
      return;
    }
    if (this.#isForeign(shardNo, event)) return;
    if (event.type === 'layers-changed') this.#crossings.layersChanged(event.trackId, event.rids);
    if (event.type === 'lower-layers-needed') this.#crossings.needLowerLayers(event.subscriptionId, event.areNeeded);
    if (event.type === 'transport-closed') this.#closeFromWithin(event.transportId, event.reason);
    else this.#listener?.(event);
  }

  /** @returns whether the event is about a link of the shard, or about a track that only crosses to it */
  #isForeign(shardNo: number, event: Exclude<EngineEvent, DataEvent>): boolean {
    if (event.type === 'defect') return false;
    if ('transportId' in event) return this.#sessions.shardNoOf(event.transportId) !== shardNo;
    return this.#sessions.shardNoOfTrack(event.trackId) !== shardNo;
  }

  /** The engine has closed a transport by itself, or is gone. */
  #closeFromWithin(transportId: string, reason: TransportCloseReason): void {
    if (this.#sessions.shardNoOf(transportId) === undefined) return;
    this.#forget(transportId);
    this.#listener?.({ type: 'transport-closed', transportId, reason });
  }

  #forget(transportId: string): void {
    const { tracks, subscriptions } = this.#sessions.close(transportId);
    for (const trackId of tracks) this.#crossings.removeSource(trackId);
    for (const subscriptionId of subscriptions) this.#crossings.removeSubscription(subscriptionId);
    this.#data.removeTransport(transportId);
  }
}
