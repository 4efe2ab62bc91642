import { drain } from '../src/load/packet-tally.ts';

/** Returns the figures one after the other and then repeats the last, and sums up the requested sleep. */
async function drainOver(figures: readonly number[]): Promise<{ readonly reads: number; readonly sleptMs: number }> {
  let reads = 0;
  let sleptMs = 0;
  const outstanding = (): number => figures[Math.min(reads++, figures.length - 1)]!;
  await drain(outstanding, async (ms) => {
    sleptMs += ms;
  });
  return { reads, sleptMs };
}

describe('drain', () => {
  test('does not wait when nothing is outstanding', async () => {
    await expect(drainOver([0])).resolves.toEqual({ reads: 1, sleptMs: 0 });
  });

  test('waits while packets still arrive', async () => {
    await expect(drainOver([3, 2, 2, 1, 0])).resolves.toEqual({ reads: 5, sleptMs: 80 });
  });

  test('gives up on packets after a silence, which begins again with each packet that arrives', async () => {
    expect((await drainOver([2])).sleptMs).toBe(400);
    expect((await drainOver([...Array<number>(10).fill(2), 1])).sleptMs).toBe(600);
  });
});
