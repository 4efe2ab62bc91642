import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { WritePace } from '../../src/registry/write-pace.ts';

/** After this long a call to Redis is given up (`ioredis-link.ts`), and a write is repeated. */
const CALL_TIMEOUT_MS = 800;

/** One command after the other, as Redis works: many nodes, near and far, ask it at once. */
class BusyRedis {
  readonly #clock: VirtualClock;
  readonly #commandMs: number;
  #freeAtMs = 0;
  slowestMs = 0;
  written = 0;
  lastAtMs = 0;
  underWay = 0;
  mostUnderWay = 0;

  constructor(clock: VirtualClock, commandMs: number) {
    this.#clock = clock;
    this.#commandMs = commandMs;
  }

  /** @returns how long the command waited for others, once it has been answered */
  async command(roundTripMs: number): Promise<number> {
    await this.#pass(roundTripMs / 2);
    const arrivedAtMs = this.#clock.nowMs();
    this.#freeAtMs = Math.max(this.#freeAtMs, arrivedAtMs) + this.#commandMs;
    await this.#pass(this.#freeAtMs - arrivedAtMs + roundTripMs / 2);
    return this.#clock.nowMs() - arrivedAtMs - roundTripMs / 2;
  }

  async write(roundTripMs: number): Promise<void> {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    this.slowestMs = Math.max(this.slowestMs, await this.command(roundTripMs));
    this.underWay--;
    this.written++;
    this.lastAtMs = this.#clock.nowMs();
  }

  #pass(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(delayMs, resolve));
  }
}

interface Restoring {
  readonly nodes: number;
  readonly sessions: number;
  readonly roundTripMs: (node: number) => number;
}

/** What the restorers of these nodes do: they ask how Redis is now and then, and then write everything, all within two seconds. */
async function restore(clock: VirtualClock, redis: BusyRedis, { nodes, sessions, roundTripMs }: Restoring): Promise<readonly WritePace[]> {
  const paces = Array.from({ length: nodes }, () => new WritePace(clock));
  for (const [node, pace] of paces.entries()) {
    const phaseMs = (2_000 * node) / nodes;
    clock.schedule(phaseMs, () => void pace.time(() => redis.command(roundTripMs(node))));
    clock.schedule(2_000 + phaseMs, () => {
      for (let session = 0; session < sessions; session++) void pace.run(() => redis.write(roundTripMs(node)));
    });
  }
  await clock.advance(2_000);
  return paces;
}

describe('the pace of writes', () => {
  it('grows while Redis answers quickly, up to a bound', async () => {
    const clock = new VirtualClock();
    const redis = new BusyRedis(clock, 0.05);

    const [pace] = await restore(clock, redis, { nodes: 1, sessions: 5_000, roundTripMs: () => 1 });
    await clock.advance(10_000);

    expect([redis.written, pace?.limit]).toEqual([5_000, 64]);
    expect(redis.mostUnderWay).toBeLessThanOrEqual(64);
  });

  it('grows where Redis is an ocean away and has nothing else to do', async () => {
    const clock = new VirtualClock();
    const redis = new BusyRedis(clock, 0.05);

    await restore(clock, redis, { nodes: 1, sessions: 3_000, roundTripMs: () => 300 });
    await clock.advance(30_000);

    expect(redis.written).toBe(3_000);
  });

  // 300 nodes with 3,000 sessions each, at 37 us a write, are as much work for Redis. Leases are renewed by commands that wait as long.
  it('has 300 nodes restore everything within 60 s while no command waits for a fifth of its time-out', async () => {
    const clock = new VirtualClock();
    const redis = new BusyRedis(clock, 0.37);

    await restore(clock, redis, { nodes: 300, sessions: 300, roundTripMs: (node) => [2, 30, 90, 160, 220, 300][node % 6] ?? 0 });
    await clock.advance(60_000);

    expect(redis.written).toBe(90_000);
    expect(redis.lastAtMs).toBeLessThan(45_000);
    expect(redis.slowestMs).toBeLessThan(CALL_TIMEOUT_MS / 5);
  });

  it('learns within two minutes that the way to Redis has become longer', async () => {
    const clock = new VirtualClock();
    const redis = new BusyRedis(clock, 0.05);
    const pace = new WritePace(clock);
    const writeAll = async (): Promise<number> => {
      const before = redis.written;
      for (let session = 0; session < 1_000; session++) void pace.run(() => redis.write(200));
      await clock.advance(12_000);
      return redis.written - before;
    };
    await Promise.all([pace.time(() => redis.command(1)), clock.advance(1_000)]);

    const atFirst = await writeAll();
    for (let second = 0; second < 240; second += 2) await Promise.all([pace.time(() => redis.command(200)), clock.advance(2_000)]);
    const later = await writeAll();

    expect(atFirst).toBeLessThan(200);
    expect(later).toBe(1_000);
  });

  it('continues after a write that fails', async () => {
    const clock = new VirtualClock();
    const pace = new WritePace(clock);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, place) => pace.run(() => (place % 2 === 0 ? Promise.reject(new Error('away')) : Promise.resolve()))),
    );

    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(50);
  });
});
