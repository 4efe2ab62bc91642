import { runUndisturbed } from '@causeway/interop';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('a round of the matrix', () => {
  it('runs once if the machine is not paused', async () => {
    const run = jest.fn(async () => {
      await jest.advanceTimersByTimeAsync(20_000);
      return 'joined';
    });

    expect(await runUndisturbed(run)).toEqual({ result: 'joined', repetitions: 0 });
    expect(run).toHaveBeenCalledTimes(1);
  });

  it.each(['ends', 'fails'])('runs again if the machine was paused during it, even if it then %s', async (ending) => {
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

  it('fails if the machine was not paused', async () => {
    await expect(runUndisturbed(() => Promise.reject(new Error('no such client')))).rejects.toThrow('no such client');
  });
});

/** Advances the clock without firing any timer. */
function standStill(milliseconds: number): void {
  const afterwardsMs = performance.now() + milliseconds;
  jest.spyOn(performance, 'now').mockReturnValueOnce(afterwardsMs);
}
