import type { WebhookEvent } from '@causeway/accounts';
import type { EventSink } from '../events/event-stream.ts';

/** Events that wait to be queued in the books, and where their reading goes on. */
export interface InletBatch {
  readonly position: string;
  readonly events: readonly WebhookEvent[];
}

/** What comes while so many wait is read later; an event takes some 400 bytes. */
const MAX_WAITING = 500;
/** What a reading that is under way may add: a page of the log is passed on as a whole. */
const MAX_OVERSHOT = 1_000;
const LOST_TYPE = 'events.lost';

/** Takes the events of an app from its log until the books have them. */
export class EventInlet implements EventSink {
  readonly #onArrival: () => void;
  readonly #waiting: { readonly position: string; readonly event: WebhookEvent }[] = [];
  /** Where the reading has got to with nothing to tell; undefined if that is where the last event was. */
  #advancedTo: string | undefined;
  #isFull = false;
  #hasEnded = false;
  #onRoom: (() => void)[] = [];

  /** @param onArrival there is something to take */
  constructor(onArrival: () => void) {
    this.#onArrival = onArrival;
  }

  /** Whether the reading must begin again, where that which was taken ends: more came than there was room for. */
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

  /** The oldest events, which are gone from here. @returns undefined if there is nothing to note */
  take(maxEvents: number): InletBatch | undefined {
    const taken = this.#waiting.splice(0, maxEvents);
    if (this.hasRoom) this.#wake();
    const isAll = this.#waiting.length === 0;
    const position = (isAll ? this.#advancedTo : undefined) ?? taken.at(-1)?.position;
    if (isAll) this.#advancedTo = undefined;
    return position === undefined ? undefined : { position, events: taken.map(({ event }) => event) };
  }

  /** Takes nothing any more. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  #wake(): void {
    for (const go of this.#onRoom.splice(0)) go();
  }
}

/** @param position in the log; the id of the event is its first part */
function webhookEventOf(position: string, json: string): WebhookEvent {
  const { type, at, sessionId } = JSON.parse(json) as { readonly type: string; readonly at?: unknown; readonly sessionId?: unknown };
  const [id = position] = position.split('~');
  const atMs = Date.parse(String(at));
  return {
    // A loss may be told of where the last event before it was, which has that id.
    id: type === LOST_TYPE ? `${id}-lost` : id,
    type,
    atMs: Number.isNaN(atMs) ? 0 : atMs,
    sessionId: typeof sessionId === 'string' ? sessionId : '',
    json,
  };
}
