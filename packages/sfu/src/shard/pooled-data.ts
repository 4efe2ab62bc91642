/**
 * Data channels of several shards. Commands go to the shard that carries the channel, and publications cross to the
 * shards of their subscribers.
 */
import type { DataStatistics, EngineCommand } from '@causeway/media';
import type { DataCrossings } from './data-crossings.ts';
import type { PooledSessions } from './pooled-sessions.ts';
import type { PoolMember, ShardSet } from './shard-set.ts';

const NO_DATA: DataStatistics = { publications: [], subscriptions: [] };

type CommandOf<Type extends EngineCommand['type']> = Extract<EngineCommand, { readonly type: Type }>;

/** A command of a pool that concerns data channels. */
export type DataCommand = CommandOf<
  'put-data-publication' | 'put-data-subscription' | 'remove-data-publication' | 'remove-data-subscription' | 'publish-data' | 'reply-data'
>;

export class PooledData {
  readonly #set: ShardSet;
  readonly #sessions: PooledSessions;
  readonly #crossings: DataCrossings;

  constructor(set: ShardSet, sessions: PooledSessions, crossings: DataCrossings) {
    this.#set = set;
    this.#sessions = sessions;
    this.#crossings = crossings;
  }

  send(command: DataCommand): void {
    switch (command.type) {
      case 'put-data-publication':
        this.#putPublication(command);
        break;
      case 'put-data-subscription':
        this.#putSubscription(command);
        break;
      case 'remove-data-publication':
        this.#memberOfPublication(command.publicationId)?.send(command);
        this.#crossings.removeSource(command.publicationId);
        break;
      case 'remove-data-subscription':
        this.#memberOfSubscription(command.subscriptionId)?.send(command);
        this.#crossings.removeSubscription(command.subscriptionId);
        break;
      case 'publish-data':
        this.#memberOfPublication(command.publicationId)?.send(command);
        break;
      case 'reply-data':
        this.#memberOfSubscription(command.subscriptionId)?.send(command);
        break;
    }
  }

  async statistics(): Promise<DataStatistics> {
    const answers = Array.from({ length: this.#set.size }, async (_, shardNo) => {
      // As with other questions, a shard that has just been lost does not answer.
      const answer = await this.#set
        .member(shardNo)
        ?.ask('data-statistics')
        .catch(() => undefined);
      return { shardNo, statistics: answer ?? NO_DATA };
    });
    return this.#crossings.mergeStatistics(await Promise.all(answers));
  }

  #putPublication(command: CommandOf<'put-data-publication'>): void {
    const { publicationId, transportId } = command.plan;
    const shardNo =
      transportId === undefined
        ? this.#ownShardNo(this.#crossings.shardNoOfPublication(publicationId))
        : this.#sessions.shardNoOf(transportId);
    if (shardNo === undefined) return;
    this.#set.member(shardNo)?.send(command);
    this.#crossings.putSource(shardNo, command.plan);
  }

  #putSubscription(command: CommandOf<'put-data-subscription'>): void {
    const { subscriptionId, transportId, publicationId = '' } = command.plan;
    const shardNo =
      transportId === undefined
        ? this.#ownShardNo(this.#crossings.shardNoOfSubscription(subscriptionId) ?? this.#crossings.shardNoOfPublication(publicationId))
        : this.#sessions.shardNoOf(transportId);
    if (shardNo === undefined) return;
    this.#crossings.putSubscription(shardNo, command.plan, () => this.#set.member(shardNo)?.send(command));
  }

  /** Returns the shard for what belongs to this process: the present one, or else the first that is available. */
  #ownShardNo(knownShardNo: number | undefined): number | undefined {
    return knownShardNo ?? Array.from({ length: this.#set.size }, (_, shardNo) => shardNo).find((shardNo) => this.#set.member(shardNo));
  }

  #memberOfPublication(publicationId: string): PoolMember | undefined {
    const shardNo = this.#crossings.shardNoOfPublication(publicationId);
    return shardNo === undefined ? undefined : this.#set.member(shardNo);
  }

  #memberOfSubscription(subscriptionId: string): PoolMember | undefined {
    const shardNo = this.#crossings.shardNoOfSubscription(subscriptionId);
    return shardNo === undefined ? undefined : this.#set.member(shardNo);
  }
}
