import { DescriptionTurns } from '../../src/overload/description-turns.ts';

const MIB = 1024 * 1024;

/** Turns that a test begins by hand, and a clock on which every look at it takes a quarter of a millisecond. */
function scene(tickMs = 0.25) {
  const callbacks: (() => void)[] = [];
  let nowMs = 0;
  const turns = new DescriptionTurns({ nowMs: () => (nowMs += tickMs), nextTurn: (callback) => callbacks.push(callback) });
  const log: string[] = [];
  const work = (name: string, pieces: number, options: { app?: string; characters?: number } = {}) => {
    let done = 0;
    return turns.run(options.app ?? 'app', options.characters ?? 0, () => {
      log.push(name);
      return ++done === pieces ? name : undefined;
    });
  };
  /** @returns what was done in it */
  const nextTurn = (): string => {
    log.length = 0;
    callbacks.shift()?.();
    return log.join('');
  };
  const firstTurn = (): string => log.join('');
  return { turns, work, nextTurn, firstTurn, pendingTurns: () => callbacks.length };
}

describe('long descriptions', () => {
  it('are worked on in this turn as far as its quota goes, and on in later ones', async () => {
    const { work, firstTurn, nextTurn } = scene();

    const result = work('a', 8);

    expect([firstTurn(), nextTurn(), nextTurn(), nextTurn()]).toEqual(['aaa', 'aaa', 'aa', '']);
    await expect(result).resolves.toBe('a');
  });

  it('of twenty callers take no more of a turn than those of one', () => {
    const { work, firstTurn, nextTurn } = scene();
    for (let caller = 0; caller < 20; caller++) work('a', 30);

    const turns = [firstTurn(), ...Array.from({ length: 250 }, () => nextTurn())];

    expect(Math.max(...turns.map((done) => done.length))).toBe(3);
    expect(turns.join('')).toHaveLength(20 * 30);
  });

  it('of two apps are worked on in turn', () => {
    const { work, nextTurn } = scene();
    work('a', 100, { app: 'one' });
    work('b', 100, { app: 'two' });

    expect([nextTurn(), nextTurn()]).toEqual(['aba', 'bab']);
  });

  it('are finished one in a turn, since each is followed by work of its own', () => {
    const { work, firstTurn, nextTurn } = scene(0);
    for (const name of ['a', 'b', 'c']) work(name, 1);

    expect([firstTurn(), nextTurn(), nextTurn(), nextTurn()]).toEqual(['a', 'b', 'c', '']);
  });

  it('are finished with all that follows from them before others are read', async () => {
    const { work, firstTurn, nextTurn } = scene(0);
    const read = work('a', 1, { characters: 10 });
    void read.then(() => work('A', 1));
    work('b', 1, { characters: 10 });
    work('c', 1, { characters: 10 });
    await read;

    expect([firstTurn(), nextTurn(), nextTurn(), nextTurn()]).toEqual(['a', 'A', 'b', 'c']);
  });

  it('leave no turn armed once all is done', () => {
    const { work, nextTurn, pendingTurns } = scene();
    work('a', 1);

    nextTurn();

    expect(pendingTurns()).toBe(0);
  });

  it('that cannot be read fail alone', async () => {
    const { turns, work, nextTurn } = scene();

    const failing = turns.run('app', 0, () => {
      throw new Error('broken');
    });
    const sound = work('a', 1);
    nextTurn();

    await expect(failing).rejects.toThrow('broken');
    await expect(sound).resolves.toBe('a');
  });
});

describe('what waits to be read', () => {
  it('is at most 16 MiB of one app, and 32 MiB of all', () => {
    const { turns, work } = scene();
    work('a', 1_000_000, { app: 'one', characters: 16 * MIB });

    expect(() => work('a', 1, { app: 'one', characters: 1 })).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    work('b', 1_000_000, { app: 'two', characters: 16 * MIB });
    expect(() => work('c', 1, { app: 'three', characters: 1 })).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    expect(turns.waitingCharacters).toBe(32 * MIB);
  });

  it('makes room when it has been read; answers that are written need none', async () => {
    const { turns, work, nextTurn } = scene();
    work('a', 6, { characters: 16 * MIB });
    const written = work('w', 1);

    nextTurn();
    nextTurn();
    nextTurn();

    await expect(written).resolves.toBe('w');
    expect(turns.waitingCharacters).toBe(0);
  });
});
