import { Pacing } from './pacing.ts';

/** Calls back once for every packet that a constant-rate source has to send. */
export interface PacedSource {
  start(): void;
  pause(): void;
}

/**
 * Paces publishers and the benchmark's baseline alike, because the baseline is comparable only if it is paced like the load.
 */
export function createPacedSource(packetsPerSecond: number, sendPacket: () => void): PacedSource {
  let timer: NodeJS.Timeout | undefined;

  function run(pacing: Pacing): void {
    for (let due = pacing.takeDue(performance.now()); due > 0; due--) sendPacket();
    timer = setTimeout(run, pacing.sleepMs(performance.now()), pacing);
  }

  return {
    start() {
      if (timer === undefined) run(new Pacing(performance.now(), packetsPerSecond));
    },
    pause() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
