import type { ApiEvent, AppId } from '@causeway/protocol';
import type { EventContent } from './describe-event.ts';

/** How long a client may be disconnected without missing events. */
const KEPT_FOR_MS = 10 * 60_000;
/** Limits for one app, and for all apps together; an event takes about 400 bytes. */
const MAX_KEPT_PER_APP = 10_000;
const MAX_KEPT = 50_000;
const SWEEP_INTERVAL_MS = 1_000;
/** Serials begin with the time, so that they increase from one life of the node to the next, by up to a thousand per millisecond. */
const SERIALS_PER_MS = 1_000;
/** The number of apps that are notified when the node is about to end. */
const MAX_APPS_HEARD_OF = 10_000;

/** Selects the events of a whole app, or of one of its sessions. */
export interface EventScope {
  readonly appId: AppId;
  readonly sessionId: string | undefined;
}

export interface LoggedEvent {
  /** Increases with every event of this node. */
  readonly serial: number;
  readonly atMs: number;
  /** Undefined if the event concerns all sessions. */
  readonly sessionId: string | undefined;
  readonly type: ApiEvent['type'];
  /** The event as clients receive it, without `id`. */
  readonly json: string;
}

/** Events of this node, by app; oldest first. */
export type EventsByApp = ReadonlyMap<AppId, readonly LoggedEvent[]>;

interface Listener {
  readonly scope: EventScope;
  readonly onEvent: (event: LoggedEvent) => void;
}

export interface EventLogOptions {
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Events of one app. Default: 10,000. */
  readonly maxKeptPerApp?: number;
}

/** Recent events of this node, for listeners and for clients that reconnect. */
export class EventLog {
  readonly #wallClock: () => number;
  readonly #maxKeptPerApp: number;
  /** Kept events by app, oldest first. */
  readonly #kept = new Map<AppId, LoggedEvent[]>();
  /** Serial of the newest event that is no longer kept, by app. */
  readonly #forgotten = new Map<AppId, number>();
  readonly #heardOf = new Set<AppId>();
  readonly #listeners = new Set<Listener>();
  readonly #firstSerial: number;
  #serial: number;
  #keptEvents = 0;
  #sweptAtMs = 0;

  constructor({ wallClock, maxKeptPerApp = MAX_KEPT_PER_APP }: EventLogOptions) {
    this.#wallClock = wallClock;
    this.#maxKeptPerApp = maxKeptPerApp;
    this.#firstSerial = wallClock() * SERIALS_PER_MS;
    this.#serial = this.#firstSerial;
  }

  /** Serial of the newest event of any app. */
  get newestSerial(): number {
    return this.#serial;
  }

  get keptEvents(): number {
    return this.#keptEvents;
  }

  note(appId: AppId, content: EventContent): LoggedEvent {
    const atMs = this.#wallClock();
    const event: Omit<ApiEvent, 'id'> = { at: new Date(atMs).toISOString(), ...content };
    const logged = { serial: ++this.#serial, atMs, sessionId: content.sessionId, type: content.type, json: JSON.stringify(event) };
    this.#hearOf(appId);
    this.#keep(appId, logged);
    for (const { scope, onEvent } of [...this.#listeners]) if (isWithin(scope, appId, logged)) onEvent(logged);
    return logged;
  }

  /** Apps that had an event in this life, or have listeners. */
  get apps(): readonly AppId[] {
    const listening = [...this.#listeners].map(({ scope }) => scope.appId);
    return [...new Set([...this.#heardOf, ...listening])];
  }

  /** Returns the kept events of an app, oldest first. */
  keptOf(appId: AppId): readonly LoggedEvent[] {
    this.#forgetOld();
    return this.#kept.get(appId) ?? [];
  }

  /** Returns the serial of the newest event of an app that is no longer kept; 0 if there is none. */
  forgottenOf(appId: AppId): number {
    return this.#forgotten.get(appId) ?? 0;
  }

  /**
   * Returns the events after a given one.
   *
   * @param afterSerial serial of the last known event
   * @returns oldest first; `isComplete` is false if some are missing because they are too old, or from before this
   * node's start
   */
  since(scope: EventScope, afterSerial: number): { readonly events: readonly LoggedEvent[]; readonly isComplete: boolean } {
    const kept = this.keptOf(scope.appId);
    // The clock of a former life may have been ahead.
    const isOfThisLife = afterSerial >= this.#firstSerial && afterSerial <= this.#serial;
    const events = kept.filter((event) => !(isOfThisLife && event.serial <= afterSerial) && isWithin(scope, scope.appId, event));
    return { events, isComplete: isOfThisLife && afterSerial >= this.forgottenOf(scope.appId) };
  }

  /** @returns a function that stops listening */
  listen(scope: EventScope, onEvent: (event: LoggedEvent) => void): () => void {
    const listener = { scope, onEvent };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #hearOf(appId: AppId): void {
    this.#heardOf.add(appId);
    const [oldest] = this.#heardOf;
    if (this.#heardOf.size > MAX_APPS_HEARD_OF && oldest !== undefined) this.#heardOf.delete(oldest);
  }

  #keep(appId: AppId, event: LoggedEvent): void {
    const events = this.#kept.get(appId) ?? [];
    this.#kept.set(appId, events);
    events.push(event);
    this.#keptEvents++;
    this.#forgetOld();
    if (events.length > this.#maxKeptPerApp) this.#forgetFirst(appId, events);
    if (this.#keptEvents > MAX_KEPT) this.#forgetFirst(...this.#largest());
  }

  #forgetOld(): void {
    const nowMs = this.#wallClock();
    if (Math.abs(nowMs - this.#sweptAtMs) < SWEEP_INTERVAL_MS) return;
    this.#sweptAtMs = nowMs;
    for (const [appId, events] of this.#kept) {
      while (events[0] !== undefined && events[0].atMs < nowMs - KEPT_FOR_MS) this.#forgetFirst(appId, events);
    }
  }

  #forgetFirst(appId: AppId, events: LoggedEvent[]): void {
    const event = events.shift();
    if (event === undefined) return;
    this.#keptEvents--;
    this.#forgotten.set(appId, event.serial);
    if (events.length === 0) this.#kept.delete(appId);
  }

  /** Returns the app with the most events, so that a noisy app loses its own events first. */
  #largest(): [AppId, LoggedEvent[]] {
    const [first, ...rest] = [...this.#kept];
    return rest.reduce((largest, entry) => (entry[1].length > largest[1].length ? entry : largest), first as [AppId, LoggedEvent[]]);
  }
}

function isWithin(scope: EventScope, appId: AppId, { sessionId }: LoggedEvent): boolean {
  return scope.appId === appId && (scope.sessionId === undefined || sessionId === undefined || scope.sessionId === sessionId);
}
