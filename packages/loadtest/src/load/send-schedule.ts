/**
 * Sends the packets of many sources, each within microseconds of its due time.
 *
 * Node's timers have a resolution of a millisecond, so sources with timers of their own would all send at the same times. The schedule
 * sleeps until less than a millisecond remains and blocks its thread for the rest: a process that also measures when packets arrive must
 * not use it.
 */
import type { DueTimes } from './due-times.ts';
import type { PacedSource } from './paced-source.ts';

/** The resolution of timers; a shorter wait blocks the thread. */
const TIMER_RESOLUTION_MS = 1;
/** After this long, the schedule yields to the event loop. */
const MAX_TURN_MS = 2;
/** A source that is further behind skips packets, as a camera drops frames. */
const MAX_LATENESS_MS = 100;

interface Sender {
  readonly times: DueTimes;
  readonly sendPacket: () => void;
  startMs: number;
  sent: number;
  dueMs: number;
}

export class SendSchedule {
  readonly #active = new Set<Sender>();
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  #timer: NodeJS.Timeout | undefined;

  /** Adds a source, which sends nothing until it is started. */
  createSource(createTimes: () => DueTimes, sendPacket: () => void): PacedSource {
    let sender: Sender | undefined;
    return {
      start: () => {
        if (sender !== undefined) return;
        const times = createTimes();
        const startMs = performance.now();
        sender = { times, sendPacket, startMs, sent: 0, dueMs: startMs + times.dueMs(0) };
        this.#active.add(sender);
        this.#runAfter(0);
      },
      pause: () => {
        if (sender !== undefined) this.#active.delete(sender);
        sender = undefined;
      },
    };
  }

  #runAfter(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), delayMs);
  }

  #run(): void {
    this.#timer = undefined;
    const endMs = performance.now() + MAX_TURN_MS;
    for (let next = this.#earliest(); next !== undefined; next = this.#earliest()) {
      const nowMs = performance.now();
      const waitMs = next.dueMs - nowMs;
      if (waitMs > TIMER_RESOLUTION_MS || nowMs > endMs) {
        this.#runAfter(Math.max(0, Math.floor(waitMs)));
        return;
      }
      if (waitMs > 0) Atomics.wait(this.#cell, 0, 0, waitMs);
      send(next);
    }
  }

  #earliest(): Sender | undefined {
    let earliest: Sender | undefined;
    for (const sender of this.#active) if (earliest === undefined || sender.dueMs < earliest.dueMs) earliest = sender;
    return earliest;
  }
}

function send(sender: Sender): void {
  sender.sendPacket();
  sender.sent++;
  sender.dueMs = sender.startMs + sender.times.dueMs(sender.sent);
  const latenessMs = performance.now() - sender.dueMs;
  if (latenessMs <= MAX_LATENESS_MS) return;
  sender.startMs += latenessMs;
  sender.dueMs += latenessMs;
}
