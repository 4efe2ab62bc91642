/** Reads the peer connection's statistics once a second while there is one. */
import type { Clock } from '@causeway/client';
import { measureStreams } from '../stats/measure-streams.ts';
import { extendHistory, type ReadingHistory } from '../stats/reading-history.ts';
import { type StatsSnapshot, takeSnapshot } from '../stats/stats-snapshot.ts';
import { NO_READINGS, type Readings } from '../stats/stream-reading.ts';
import type { ConsoleSession } from './console-session.ts';
import { createStore, type Store } from './store.ts';

export interface MeterState {
  readonly readings: Readings;
  /** Bitrate of each media line over the last minute, in bits per second. */
  readonly bitrates: ReadonlyMap<string, ReadingHistory>;
}

export interface Meter {
  readonly state: Store<MeterState>;
  /** Measures until the returned function is called. */
  start(session: ConsoleSession): () => void;
}

const INTERVAL_MS = 1_000;
const NOTHING: MeterState = { readings: NO_READINGS, bitrates: new Map() };

export function createMeter(clock: Clock): Meter {
  const state = createStore<MeterState>(NOTHING);

  async function measureWhile(isRunning: () => boolean, session: ConsoleSession): Promise<void> {
    let before: StatsSnapshot | undefined;
    while (isRunning()) {
      const report = await session.stats().catch(() => undefined);
      if (!isRunning()) return;
      if (report !== undefined) {
        const after = takeSnapshot(report, clock.nowMs());
        const readings = measureStreams(before, after);
        // Without an earlier report, the rates are unknown, not zero.
        const bitrates = before === undefined ? new Map<string, ReadingHistory>() : extendAll(state.read().bitrates, readings);
        state.write({ readings, bitrates });
        before = after;
      }
      await clock.wait(INTERVAL_MS);
    }
  }

  return {
    state,
    start(session) {
      let isRunning = true;
      void measureWhile(() => isRunning, session);
      return () => {
        isRunning = false;
        state.write(NOTHING);
      };
    },
  };
}

function extendAll(bitrates: MeterState['bitrates'], { received, sent }: Readings): MeterState['bitrates'] {
  const current = new Map<string, number | undefined>();
  for (const [mid, reading] of received) current.set(mid, reading.bitrateBps);
  for (const [mid, layers] of sent) current.set(mid, sum(layers.map(({ bitrateBps }) => bitrateBps)));
  return new Map([...current].map(([mid, bitrateBps]) => [mid, extendHistory(bitrates.get(mid) ?? [], bitrateBps)]));
}

function sum(figures: readonly (number | undefined)[]): number {
  return figures.reduce<number>((total, figure) => total + (figure ?? 0), 0);
}
