import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { WritePace } from '../../src/registry/write-pace.ts';

/** One after the other, as Redis works: many nodes ask it at once. */
class BusyRedis {
  readonly #clock: VirtualClock;
  readonly #writeMs: number;
  #freeAtMs = 0;
  slowestMs = 0;
  written = 0;
  underWay = 0;
  mostUnderWay = 0;

  constructor(clock: VirtualClock, writeMs: number) {
    this.#clock = clock;
    this.#writeMs = writeMs;
  }

  readonly write = async (): Promise<void> => {
    const askedAtMs = this.#clock.nowMs();
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    this.#freeAtMs = Math.max(this.#freeAtMs, askedAtMs) + this.#writeMs;
    await new Promise<void>((resolve) => void this.#clock.schedule(this.#freeAtMs - askedAtMs, resolve));
    this.underWay--;
    this.written++;
    this.slowestMs = Math.max(this.slowestMs, this.#clock.nowMs() - askedAtMs);
  };
}

function restore(clock: VirtualClock, redis: BusyRedis, nodes: number, sessions: number): readonly WritePace[] {
  const paces = Array.from({ length: nodes }, () => new WritePace(clock));
  for (const pace of paces) for (let session = 0; session < sessions; session++) void pace.run(redis.write);
  return paces;
}

describe('the pace of writes', () => {
  it('grows while Redis answers quickly, up to a bound', async () => {
    const clock = new VirtualClock();
    const redis = new BusyRedis(clock, 0.05);

    const [pace] = restore(clock, redis, 1, 5_000);
    await clock.advance(10_000);

    expect([redis.written, pace?.limit]).toEqual([5_000, 64]);
    expect(redis.mostUnderWay).toBeLessThanOrEqual(64);
  });

  it('keeps what waits at Redis far below a time-out when many nodes restore together', async () => {
    const clock = new VirtualClock();
    const redis = new BusyRedis(clock, 1);

    restore(clock, redis, 40, 100);
    await clock.advance(2_000);
    redis.slowestMs = 0;
    await clock.advance(10_000);

    expect(redis.written).toBe(4_000);
    expect(redis.slowestMs).toBeLessThan(300);
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
