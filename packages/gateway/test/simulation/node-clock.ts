import type { CancelTimer, Clock } from '@causeway/sfu';
import type { VirtualClock } from '@causeway/testkit/virtual-clock';

/** The clock of one process, which may stand still while time goes on, or end. */
export class NodeClock implements Clock {
  /** How far the machine's wall clock was set forward. */
  wallOffsetMs = 0;
  #state: 'running' | 'paused' | 'ended' = 'running';
  readonly #clock: VirtualClock;
  readonly #onRun: () => void;
  /** What fell due while the process stood still. */
  readonly #due: (() => void)[] = [];
  #armed = 0;

  /** @param onRun called before anything of the process runs */
  constructor(clock: VirtualClock, onRun: () => void = () => undefined) {
    this.#clock = clock;
    this.#onRun = onRun;
  }

  get armedTimers(): number {
    return this.#armed;
  }

  get isPaused(): boolean {
    return this.#state === 'paused';
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallClockMs(): number {
    return this.#clock.wallClockMs() + this.wallOffsetMs;
  }

  schedule(delayMs: number, callback: () => void): CancelTimer {
    let isArmed = true;
    this.#armed++;
    const disarm = (): boolean => {
      if (!isArmed) return false;
      isArmed = false;
      this.#armed--;
      return true;
    };
    const run = (): void => {
      if (!disarm()) return;
      this.#onRun();
      callback();
    };
    const cancel = this.#clock.schedule(delayMs, () => {
      if (this.#state === 'running') run();
      else if (this.#state === 'paused') this.#due.push(run);
    });
    return () => {
      if (disarm()) cancel();
    };
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const run of this.#due.splice(0)) this.#clock.schedule(0, run);
  }

  /** The process was killed: nothing of it ever runs again. */
  end(): void {
    this.#state = 'ended';
    this.#due.length = 0;
  }
}
