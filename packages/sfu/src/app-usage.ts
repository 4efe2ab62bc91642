import type { AccountUsage, CarriedBytes, CarriedKind, UsagePart } from '@causeway/media';
import { type AppId, parseAppId } from '@causeway/protocol';
import type { Clock } from './clock.ts';
import type { Shard } from './shard.ts';

/** Bytes that one app has carried through this node. */
export interface AppUsage {
  readonly appId: AppId;
  /** The sum of all parts. */
  readonly bytes: CarriedBytes;
  readonly parts: readonly AppUsagePart[];
}

/** Bytes that one session received or sent of one track or data channel. */
export interface AppUsagePart {
  /** The session that received or sent it; for `relay`, the publisher's. */
  readonly sessionId: string;
  /** `<session of the publisher>/<trackId or name of the data channel>`. */
  readonly track: string;
  readonly kind: CarriedKind;
  readonly bytes: CarriedBytes;
}

/** Bounds the wait for a shard that hangs, so that its node can still shut down. */
const LAST_ANSWER_WITHIN_MS = 1_000;

/** Collects the usage of each app from the shard, including what remains when the shard closes. */
export class AppUsageSource {
  readonly #shard: Pick<Shard, 'ask'>;
  readonly #clock: Clock;
  /** Usage that the shard has reported and `take` has not returned yet. */
  #untaken = new Map<AppId, Untaken>();
  #isFinished = false;

  constructor(shard: Pick<Shard, 'ask'>, clock: Clock) {
    this.#shard = shard;
    this.#clock = clock;
  }

  /** Returns the usage since the last call. */
  async take(): Promise<readonly AppUsage[]> {
    if (!this.#isFinished) await this.measure();
    const taken = Array.from(this.#untaken, ([appId, { bytes, parts }]) => ({ appId, bytes, parts: [...parts.values()] }));
    this.#untaken = new Map();
    return taken;
  }

  /**
   * Returns what was carried since the shard was last asked, by any caller. `take` still returns it. An app may be
   * listed several times.
   */
  async measure(): Promise<readonly AppUsage[]> {
    return this.#note(await this.#shard.ask('usage'));
  }

  /** Takes the last usage. Call it after all transports have closed and before the shard does. */
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

/** A session's account is the id of its app. */
function appUsageOf(usage: readonly AccountUsage[]): AppUsage[] {
  return usage.flatMap(({ account, bytes, parts }) => {
    const appId = parseAppId(account);
    return appId === undefined ? [] : [{ appId, bytes, parts: parts.map(appPartOf) }];
  });
}

/** Transport ids and track names begin with a session id. */
function appPartOf({ transportId, track, kind, bytes }: UsagePart): AppUsagePart {
  const [sessionId = ''] = (transportId ?? track).split('/');
  return { sessionId, track, kind, bytes };
}
