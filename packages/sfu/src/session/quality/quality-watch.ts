import type { QualitySample } from '@causeway/protocol';
import type { CancelTimer, Clock } from '../../clock.ts';

/** Not longer than the engine takes between two samples, so that none is missed. */
const LOOK_EVERY_MS = 5_000;

export interface QualityWatchOptions {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Whether the session has not ended. */
  readonly isOpen: () => boolean;
  /** @returns undefined before the first sample */
  readonly readNewest: () => Promise<QualitySample | undefined>;
  readonly onSample: (sample: QualitySample) => void;
}

/** Tells the new samples of one session while someone watches it. Sessions that are not watched cost nothing here. */
export class QualityWatch {
  readonly #options: QualityWatchOptions;
  #isStopped = false;
  #cancelTimer: CancelTimer = () => undefined;

  /** The sample that is already there is not told: it is in the reply of `sessionQuality`, with those before it. */
  constructor(options: QualityWatchOptions) {
    this.#options = options;
    void options.readNewest().then((known) => this.#lookLater(known?.at));
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #lookLater(toldAt: string | undefined): void {
    if (this.#isStopped || !this.#options.isOpen()) return;
    this.#cancelTimer = this.#options.clock.schedule(LOOK_EVERY_MS, () => void this.#look(toldAt));
  }

  async #look(toldAt: string | undefined): Promise<void> {
    const newest = await this.#options.readNewest();
    if (this.#isStopped) return;
    if (newest !== undefined && newest.at !== toldAt) this.#options.onSample(newest);
    this.#lookLater(newest?.at ?? toldAt);
  }
}
