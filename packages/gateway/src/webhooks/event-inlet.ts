import type { WebhookEvent } from '@causeway/accounts';
import type { EventSink } from '../events/event-stream.ts';

/** Events to be queued in the books, and the position in the log from which reading continues. */
export interface InletBatch {
  readonly position: string;
  readonly events: readonly WebhookEvent[];
}

/** Reading pauses while this many events wait; an event takes about 400 bytes. */
const MAX_WAITING = 500;
/** How many more a read that is under way may add, since it passes on a whole page of the log. */
const MAX_OVERSHOT = 1_000;
const LOST_TYPE = 'events.lost';

/** Buffers the events of an app between its log and the books. */
export class EventInlet implements EventSink {
  readonly #onArrival: () => void;
  readonly #waiting: { readonly position: string; readonly event: WebhookEvent }[] = [];
  /** How far the log was read beyond the last event that this reader received; undefined if no further. */
  #advancedTo: string | undefined;
  #isFull = false;
  #hasEnded = false;
  #onRoom: (() => void)[] = [];

  /** @param onArrival called when there is something to take */
  constructor(onArrival: () => void) {
    this.#onArrival = onArrival;
  }

  /** Whether reading must restart after what was taken, because more arrived than there was room for. */
  get isGone(): boolean {
    return this.#isFull || this.#hasEnded;
  }

  get hasRoom(): boolean {
    return this.isGone || this.#waiting.length < MAX_WAITING;
  }

  /** Whether there is nothing to take. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#advancedTo === undefined;
  }

  send(id: string, json: string): void {
    if (this.isGone) return;
    if (this.#waiting.length >= MAX_WAITING + MAX_OVERSHOT) {
      this.#isFull = true;
      return;
    }
    this.#advancedTo = undefined;
    this.#waiting.push({ position: id, event: webhookEventOf(id, json) });
    this.#onArrival();
  }

  advance(id: string): void {
    if (this.isGone) return;
    this.#advancedTo = id;
    this.#onArrival();
  }

  async drained(): Promise<void> {
    if (!this.hasRoom) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  /** Removes and returns the oldest events. @returns undefined if there are no events and no new position */
  take(maxEvents: number): InletBatch | undefined {
    const taken = this.#waiting.splice(0, maxEvents);
    if (this.hasRoom) this.#wake();
    const isAll = this.#waiting.length === 0;
    const position = (isAll ? this.#advancedTo : undefined) ?? taken.at(-1)?.position;
    if (isAll) this.#advancedTo = undefined;
    return position === undefined ? undefined : { position, events: taken.map(({ event }) => event) };
  }

  /** Accepts no more events. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  #wake(): void {
    for (const go of this.#onRoom.splice(0)) go();
  }
}

/** @param position the position in the log, which begins with the id of the event */
function webhookEventOf(position: string, json: string): WebhookEvent {
  const { type, at, sessionId } = JSON.parse(json) as { readonly type: string; readonly at?: unknown; readonly sessionId?: unknown };
  const [id = position] = position.split('~');
  const atMs = Date.parse(String(at));
  return {
    // A loss may be reported at the position of the last event before it, which already has that id.
    id: type === LOST_TYPE ? `${id}-lost` : id,
    type,
    atMs: Number.isNaN(atMs) ? 0 : atMs,
    sessionId: typeof sessionId === 'string' ? sessionId : '',
    json,
  };
}
