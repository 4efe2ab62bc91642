import { runUndisturbed } from '@causeway/interop';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('a round of the matrix', () => {
  it('runs once on a machine that keeps going', async () => {
    const run = jest.fn(async () => {
      await jest.advanceTimersByTimeAsync(20_000);
      return 'joined';
    });

    expect(await runUndisturbed(run)).toEqual({ result: 'joined', repetitions: 0 });
    expect(run).toHaveBeenCalledTimes(1);
  });

  it.each(['ends', 'fails'])('runs again when the machine stood still in the middle of it, even if it %s then', async (ending) => {
    let runs = 0;
    const run = async (): Promise<number> => {
      runs += 1;
      if (runs > 1) return runs;
      standStill(60_000);
      if (ending === 'fails') throw new Error('the connection is lost');
      return runs;
    };

    expect(await runUndisturbed(run)).toEqual({ result: 2, repetitions: 1 });
  });

  it('fails as it does otherwise', async () => {
    await expect(runUndisturbed(() => Promise.reject(new Error('no such client')))).rejects.toThrow('no such client');
  });
});

/** Only the clock goes on: no timer fires. */
function standStill(milliseconds: number): void {
  const afterwardsMs = performance.now() + milliseconds;
  jest.spyOn(performance, 'now').mockReturnValueOnce(afterwardsMs);
}
