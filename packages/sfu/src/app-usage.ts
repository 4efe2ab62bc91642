import type { AccountUsage, CarriedBytes, CarriedKind, UsagePart } from '@causeway/media';
import { type AppId, parseAppId } from '@causeway/protocol';
import type { Clock } from './clock.ts';
import type { Shard } from './shard.ts';

/** What one app has used on this node. */
export interface AppUsage {
  readonly appId: AppId;
  /** The sum of all parts. */
  readonly bytes: CarriedBytes;
  readonly parts: readonly AppUsagePart[];
}

/** What one session got or sent of one track or data channel. */
export interface AppUsagePart {
  /** The session that got or sent it; for `relay`, the publisher's. */
  readonly sessionId: string;
  /** `<session of the publisher>/<trackId or name of the data channel>`. */
  readonly track: string;
  readonly kind: CarriedKind;
  readonly bytes: CarriedBytes;
}

/** A shard that hangs does not hold up the end of its node. */
const LAST_ANSWER_WITHIN_MS = 1_000;

/** The usage of apps as the shard has counted it, including the remainder when it was closed. */
export class AppUsageSource {
  readonly #shard: Pick<Shard, 'ask'>;
  readonly #clock: Clock;
  /** What the shard has reported and has not been taken yet. */
  #untaken = new Map<AppId, Untaken>();
  #isFinished = false;

  constructor(shard: Pick<Shard, 'ask'>, clock: Clock) {
    this.#shard = shard;
    this.#clock = clock;
  }

  /** Since the last call. */
  async take(): Promise<readonly AppUsage[]> {
    if (!this.#isFinished) await this.measure();
    const taken = Array.from(this.#untaken, ([appId, { bytes, parts }]) => ({ appId, bytes, parts: [...parts.values()] }));
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
    for (const { appId, bytes, parts } of usage) {
      const untaken = this.#untaken.get(appId) ?? { bytes: NOTHING, parts: new Map() };
      untaken.bytes = sumOf(untaken.bytes, bytes);
      for (const part of parts) {
        const name = JSON.stringify([part.kind, part.sessionId, part.track]);
        const before = untaken.parts.get(name);
        untaken.parts.set(name, before === undefined ? part : { ...part, bytes: sumOf(before.bytes, part.bytes) });
      }
      this.#untaken.set(appId, untaken);
    }
    return usage;
  }
}

interface Untaken {
  bytes: CarriedBytes;
  /** Usage by a key of kind, session and track. */
  readonly parts: Map<string, AppUsagePart>;
}

const NOTHING: CarriedBytes = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };

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
  return usage.flatMap(({ account, bytes, parts }) => {
    const appId = parseAppId(account);
    return appId === undefined ? [] : [{ appId, bytes, parts: parts.map(appPartOf) }];
  });
}

/** Ids of transports and names of tracks begin with the id of a session. */
function appPartOf({ transportId, track, kind, bytes }: UsagePart): AppUsagePart {
  const [sessionId = ''] = (transportId ?? track).split('/');
  return { sessionId, track, kind, bytes };
}
