/** Reports the speech on the publications of one engine, regularly while there is any. In silence it does nothing. */
import type { EngineEventListener } from '../engine-messages.ts';
import type { Timer, Timers } from '../timers.ts';
import type { SpeechMeter } from './speech-meter.ts';

const REPORT_EVERY_MS = 200;

export class SpeechWatch implements Timer {
  readonly #timers: Timers;
  readonly #onEvent: EngineEventListener;
  /** Publications with speech in the last 1.5 s. */
  readonly #speaking = new Set<SpeechMeter>();
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(timers: Timers, onEvent: EngineEventListener) {
    this.#timers = timers;
    this.#onEvent = onEvent;
  }

  /** Takes the level of a packet of this publication, 0 (loudest) to 127 (silence) in -dBov. */
  note(nowMs: number, meter: SpeechMeter, levelDbov: number): void {
    if (!meter.note(nowMs, levelDbov) || this.#speaking.has(meter)) return;
    this.#speaking.add(meter);
    if (this.heapIndex < 0) this.#reportLater(nowMs);
  }

  forget(meter: SpeechMeter): void {
    this.#speaking.delete(meter);
    if (this.#speaking.size === 0) this.#timers.cancel(this);
  }

  fire(nowMs: number): void {
    for (const meter of this.#speaking) {
      const reading = meter.read(nowMs);
      if (reading.share === 0) this.#speaking.delete(meter);
      this.#onEvent({ type: 'speech-measured', trackId: meter.trackId, ...reading });
    }
    if (this.#speaking.size > 0) this.#reportLater(nowMs);
  }

  fail(error: unknown): void {
    this.#onEvent({ type: 'defect', transportId: undefined, error });
  }

  #reportLater(nowMs: number): void {
    this.#timers.schedule(this.#timers.onGrid(nowMs + 1, REPORT_EVERY_MS), this);
  }
}
