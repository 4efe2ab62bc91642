import type { AccountUsage, CarriedBytes } from '@causeway/media';
import { type AppId, parseAppId } from '@causeway/protocol';
import type { Clock } from './clock.ts';
import type { Shard } from './shard.ts';

/** What one app has used on this node. */
export interface AppUsage {
  readonly appId: AppId;
  readonly bytes: CarriedBytes;
}

/** A shard that hangs does not hold up the end of its node. */
const LAST_ANSWER_WITHIN_MS = 1_000;

/** What apps use, as the shard has counted it; and what it had still to tell when it was closed. */
export class AppUsageSource {
  readonly #shard: Pick<Shard, 'takeUsage'>;
  readonly #clock: Clock;
  /** Undefined while the shard can be asked. */
  #rest: readonly AppUsage[] | undefined = undefined;

  constructor(shard: Pick<Shard, 'takeUsage'>, clock: Clock) {
    this.#shard = shard;
    this.#clock = clock;
  }

  /** Since the last call. An app may come more than once. */
  async take(): Promise<readonly AppUsage[]> {
    if (this.#rest === undefined) return appUsageOf(await this.#shard.takeUsage());
    const rest = this.#rest;
    this.#rest = [];
    return rest;
  }

  /** To be called when all transports are closed, and before the shard is. */
  async finish(): Promise<void> {
    let cancelTimer = (): void => undefined;
    const timeout = new Promise<readonly AccountUsage[]>((resolve) => {
      cancelTimer = this.#clock.schedule(LAST_ANSWER_WITHIN_MS, () => resolve([]));
    });
    this.#rest = appUsageOf(await Promise.race([this.#shard.takeUsage(), timeout]));
    cancelTimer();
  }
}

/** Sessions have the id of their app for an account. */
function appUsageOf(usage: readonly AccountUsage[]): AppUsage[] {
  return usage.flatMap(({ account, bytes }) => {
    const appId = parseAppId(account);
    return appId === undefined ? [] : [{ appId, bytes }];
  });
}
