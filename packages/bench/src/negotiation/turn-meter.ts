/** What a call costs the thread that it runs on, in all and in the dearest turn of the event loop. */
export interface TurnCost {
  readonly totalMs: number;
  /** What packets that arrive meanwhile wait for at most, on a core that nobody else uses. */
  readonly longestTurnMs: number;
}

/**
 * Measures CPU time of this thread, not the time that passes, so that other programs on the machine do not count. The event loop is
 * kept turning; what an empty turn costs is part of the total.
 */
export async function measureTurns(call: () => Promise<unknown>): Promise<TurnCost> {
  let isOver = false;
  let longestMs = 0;
  const startedMs = cpuMs();
  let turnStartedMs = startedMs;
  const endTurn = (): void => {
    const nowMs = cpuMs();
    longestMs = Math.max(longestMs, nowMs - turnStartedMs);
    turnStartedMs = nowMs;
    if (!isOver) setImmediate(endTurn);
  };
  setImmediate(endTurn);
  await call();
  endTurn();
  isOver = true;
  return { totalMs: cpuMs() - startedMs, longestTurnMs: longestMs };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
