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

/** The usage of apps as the shard has counted it, including the remainder when it was closed. */
export class AppUsageSource {
  readonly #shard: Pick<Shard, 'ask'>;
  readonly #clock: Clock;
  /** What the shard has reported and has not been taken yet. */
  #untaken = new Map<AppId, CarriedBytes>();
  #isFinished = false;

  constructor(shard: Pick<Shard, 'ask'>, clock: Clock) {
    this.#shard = shard;
    this.#clock = clock;
  }

  /** Since the last call. */
  async take(): Promise<readonly AppUsage[]> {
    if (!this.#isFinished) await this.measure();
    const taken = Array.from(this.#untaken, ([appId, bytes]) => ({ appId, bytes }));
    this.#untaken = new Map();
    return taken;
  }

  /** What was carried since the shard was asked last, by whomever; `take` still returns it. An app may come more than once. */
  async measure(): Promise<readonly AppUsage[]> {
    return this.#note(await this.#shard.ask('usage'));
  }

  /** To be called when all transports are closed, and before the shard is. */
  async finish(): Promise<void> {
    let cancelTimer = (): void => undefined;
    const timeout = new Promise<readonly AccountUsage[]>((resolve) => {
      cancelTimer = this.#clock.schedule(LAST_ANSWER_WITHIN_MS, () => resolve([]));
    });
    this.#note(await Promise.race([this.#shard.ask('usage'), timeout]));
    this.#isFinished = true;
    cancelTimer();
  }

  #note(told: readonly AccountUsage[]): readonly AppUsage[] {
    const usage = appUsageOf(told);
    for (const { appId, bytes } of usage) {
      const before = this.#untaken.get(appId);
      this.#untaken.set(appId, before === undefined ? bytes : sumOf(before, bytes));
    }
    return usage;
  }
}

function sumOf(one: CarriedBytes, other: CarriedBytes): CarriedBytes {
  return {
    down: one.down + other.down,
    up: one.up + other.up,
    relay: one.relay + other.relay,
    retransmitted: one.retransmitted + other.retransmitted,
    data: one.data + other.data,
  };
}

/** Sessions have the id of their app for an account. */
function appUsageOf(usage: readonly AccountUsage[]): AppUsage[] {
  return usage.flatMap(({ account, bytes }) => {
    const appId = parseAppId(account);
    return appId === undefined ? [] : [{ appId, bytes }];
  });
}
