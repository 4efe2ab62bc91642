/** What a call costs its thread, in total and in the longest turn of the event loop. */
export interface TurnCost {
  readonly totalMs: number;
  /** The longest turn, which is the longest that an arriving packet waits. */
  readonly longestTurnMs: number;
}

/**
 * Measures elapsed time, because the CPU time of a thread is counted in steps of up to 4 ms, which is too coarse. The event loop is kept
 * turning, and the cost of empty turns is part of the total.
 */
export async function measureTurns(call: () => Promise<unknown>): Promise<TurnCost> {
  let isOver = false;
  let longestMs = 0;
  const startedMs = performance.now();
  let turnStartedMs = startedMs;
  const endTurn = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - turnStartedMs);
    turnStartedMs = nowMs;
    if (!isOver) setImmediate(endTurn);
  };
  setImmediate(endTurn);
  await call();
  endTurn();
  isOver = true;
  return { totalMs: performance.now() - startedMs, longestTurnMs: longestMs };
}
