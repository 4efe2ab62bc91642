import type { AppEventLog, OutgoingEvent } from '@causeway/cluster';
import type { AppId } from '@causeway/protocol';
import type { CancelTimer, Clock } from '@causeway/sfu';
import { describeLoss } from './event-ids.ts';
import type { EventsByApp, LoggedEvent } from './event-log.ts';

/** One life of a node, within which its events are numbered. */
export interface EventLife {
  readonly nodeNo: number;
  readonly epoch: number;
}

/** The events of one life, as far as they are kept. */
export interface KeptEvents {
  /** Oldest first. */
  keptOf(appId: AppId): readonly LoggedEvent[];
  /** Returns the serial of the newest event that is no longer kept; 0 if there is none. */
  forgottenOf(appId: AppId): number;
}

/** Events left by a former life, with the ids of those that it had appended. */
export interface FormerEvents {
  readonly life: EventLife;
  readonly events: EventsByApp;
  readonly ids: ReadonlyMap<LoggedEvent, string>;
}

export interface EventOutboxOptions {
  readonly log: AppEventLog;
  readonly life: EventLife;
  readonly kept: KeptEvents;
  readonly former: readonly FormerEvents[];
  readonly clock: Pick<Clock, 'nowMs' | 'schedule'>;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Events of this node have been appended to the log. */
  readonly onAppended: (appId: AppId, life: EventLife, ids: ReadonlyMap<LoggedEvent, string>) => void;
  readonly onDefect: (error: unknown) => void;
}

/** Events that occur together are sent together. */
const DELAY_MS = 20;
const RETRY_MS = 500;
/** How long a node that is about to end keeps trying to append its remaining events, of which it may have the only copy. */
const CLOSE_WITHIN_MS = 5_000;
/** How often to check that the log still has what was appended, since Redis may have been emptied. */
const CHECK_INTERVAL_MS = 10_000;
/** As long as clients may be disconnected. */
const KEPT_FOR_MS = 10 * 60_000;
const MAX_BATCH = 100;
const MAX_BATCH_CHARACTERS = 128 * 1024;

/** The events of one app in one life, and how far they are in the log. */
interface Shipment {
  readonly appId: AppId;
  readonly life: EventLife;
  readonly kept: KeptEvents;
  /** Serial up to which all events are in the log, and up to which they have ever been. */
  appended: number;
  everAppended: number;
  readonly ids: Map<LoggedEvent, string>;
  /** Serial of the last event of a batch that was not answered, or 0. It is sent again as it was, since Redis tells the ids of whole batches. */
  unanswered: number;
  sending: Promise<boolean> | undefined;
}

/** Appends the events of this node and of its former lives to the logs of their apps: each once, in order, and again if Redis loses it. */
export class EventOutbox {
  readonly #options: EventOutboxOptions;
  readonly #shipments = new Map<string, Shipment>();
  #cancelTimer: CancelTimer | undefined;
  #cancelCheck: CancelTimer | undefined;
  #hasStopped = false;

  constructor(options: EventOutboxOptions) {
    this.#options = options;
    for (const { life, events, ids } of options.former) {
      for (const appId of events.keys()) this.#shipmentOf(appId, life, createFormerKept(events), ids);
    }
    if (options.former.length > 0) this.#schedule(0);
    this.#scheduleCheck();
  }

  /** The number of events that are not known to be in their log. */
  get outstanding(): number {
    return [...this.#shipments.values()].reduce((sum, shipment) => sum + unsentOf(shipment).length, 0);
  }

  /** The present life has another event of the app. */
  note(appId: AppId): void {
    this.#shipmentOf(appId, this.#options.life, this.#options.kept);
    if (this.#cancelTimer === undefined) this.#schedule(DELAY_MS);
  }

  /** Sends the remaining events, and those that Redis has lost. Takes a few seconds if Redis does not answer. @returns how many were not sent */
  async close(): Promise<number> {
    const { clock } = this.#options;
    this.#hasStopped = true;
    this.#cancelTimer?.();
    this.#cancelCheck?.();
    const untilMs = clock.nowMs() + CLOSE_WITHIN_MS;
    await this.#sendAll(true);
    while (this.outstanding > 0 && clock.nowMs() < untilMs) {
      await new Promise<void>((resolve) => void clock.schedule(RETRY_MS, resolve));
      await this.#sendAll();
    }
    return this.outstanding;
  }

  #shipmentOf(appId: AppId, life: EventLife, kept: KeptEvents, ids: ReadonlyMap<LoggedEvent, string> = new Map()): Shipment {
    const name = `${appId}/${life.nodeNo}/${life.epoch}`;
    const known = this.#shipments.get(name);
    if (known !== undefined) return known;
    const own = new Map(kept.keptOf(appId).flatMap((event) => (ids.has(event) ? [[event, ids.get(event) ?? ''] as const] : [])));
    const shipment = { appId, life, kept, appended: 0, everAppended: 0, ids: own, unanswered: 0, sending: undefined };
    this.#shipments.set(name, shipment);
    return shipment;
  }

  #schedule(delayMs: number): void {
    if (this.#hasStopped) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.schedule(delayMs, () => {
      this.#cancelTimer = undefined;
      void this.#sendAll().then((isDone) => {
        if (!isDone && this.#cancelTimer === undefined) this.#schedule(RETRY_MS);
      });
    });
  }

  #scheduleCheck(): void {
    this.#cancelCheck = this.#options.clock.schedule(CHECK_INTERVAL_MS, () => {
      this.#scheduleCheck();
      void this.#sendAll(true);
    });
  }

  /** @returns whether everything is in the logs */
  async #sendAll(looksAgain = false): Promise<boolean> {
    const all = [...this.#shipments].map(async ([name, shipment]) => {
      const isDone = await this.#send(shipment, looksAgain);
      if (isDone && this.#isOver(shipment)) this.#shipments.delete(name);
      return isDone;
    });
    return (await Promise.all(all)).every(Boolean);
  }

  /** Never rejects. At most one send of a shipment is under way, to preserve the order. */
  async #send(shipment: Shipment, looksAgain: boolean): Promise<boolean> {
    await shipment.sending;
    shipment.sending ??= this.#sendAllOf(shipment, looksAgain).finally(() => {
      shipment.sending = undefined;
    });
    return shipment.sending;
  }

  async #sendAllOf(shipment: Shipment, looksAgain: boolean): Promise<boolean> {
    try {
      let mustLook = looksAgain && shipment.appended > 0 && shipment.kept.keptOf(shipment.appId).length > 0;
      while (mustLook || unsentOf(shipment).length > 0 || hasDropped(shipment)) {
        mustLook = false;
        await this.#append(shipment);
      }
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'registry_unavailable') this.#options.onDefect(error);
      return false;
    }
  }

  /** Whether a former life has no more events that are recent enough to be appended again. */
  #isOver({ appId, life, kept }: Shipment): boolean {
    const { life: own, wallClock } = this.#options;
    const newest = kept.keptOf(appId).at(-1);
    const isOwn = life.nodeNo === own.nodeNo && life.epoch === own.epoch;
    return !isOwn && (newest === undefined || newest.atMs < wallClock() - KEPT_FOR_MS);
  }

  async #append(shipment: Shipment): Promise<void> {
    const { log, wallClock, onAppended } = this.#options;
    const { appId, life, kept, ids } = shipment;
    const events = takeBatch(unsentOf(shipment), shipment.unanswered);
    const outgoing: OutgoingEvent[] = events.map((event) => ({ serial: event.serial, json: event.json, formerId: ids.get(event) }));
    // Events that were dropped before they could be sent are reported in their place.
    if (hasDropped(shipment)) outgoing.unshift({ serial: kept.forgottenOf(appId), json: describeLoss(wallClock()), formerId: undefined });
    const follows = followedSerial(shipment, outgoing[0]);
    shipment.unanswered = events.at(-1)?.serial ?? 0;
    const receipt = await log.append({ appId, ...life, follows, events: outgoing });
    shipment.unanswered = 0;
    if (receipt.type === 'gap') {
      shipment.appended = receipt.lastSerial;
      return;
    }
    shipment.appended = outgoing.at(-1)?.serial ?? shipment.appended;
    shipment.everAppended = Math.max(shipment.everAppended, shipment.appended);
    if (events.length === 0) return;
    const named = new Map(
      receipt.ids.slice(-events.length).map((id, index, { length }) => [events[events.length - length + index] as LoggedEvent, id]),
    );
    for (const [event, id] of named) ids.set(event, id);
    forgetIds(shipment);
    onAppended(appId, life, named);
  }
}

function unsentOf({ kept, appId, appended }: Shipment): readonly LoggedEvent[] {
  const events = kept.keptOf(appId);
  const next = events.findLastIndex(({ serial }) => serial <= appended) + 1;
  return next === 0 ? events : events.slice(next);
}

/** Whether events that were never in the log are no longer kept. */
function hasDropped({ kept, appId, everAppended }: Shipment): boolean {
  return kept.forgottenOf(appId) > everAppended;
}

/** Returns the serial of the preceding event if it is still available; waiting for one that is not would block all later events. */
function followedSerial({ kept, appId, appended }: Shipment, first: OutgoingEvent | undefined): number {
  if (first === undefined) return appended;
  return kept.keptOf(appId).findLast(({ serial }) => serial < first.serial)?.serial ?? 0;
}

/** @param unanswered serial of the last event of the batch before, if it was not answered */
function takeBatch(events: readonly LoggedEvent[], unanswered: number): readonly LoggedEvent[] {
  const again = events.filter(({ serial }) => serial <= unanswered);
  if (again.length > 0) return again;
  const batch: LoggedEvent[] = [];
  let characters = 0;
  for (const event of events.slice(0, MAX_BATCH)) {
    characters += event.json.length;
    if (batch.length > 0 && characters > MAX_BATCH_CHARACTERS) break;
    batch.push(event);
  }
  return batch;
}

function forgetIds({ kept, appId, ids }: Shipment): void {
  const oldest = kept.keptOf(appId)[0]?.serial ?? Number.POSITIVE_INFINITY;
  for (const event of ids.keys()) {
    if (event.serial >= oldest) break;
    ids.delete(event);
  }
}

function createFormerKept(events: EventsByApp): KeptEvents {
  return { keptOf: (appId) => events.get(appId) ?? [], forgottenOf: () => 0 };
}
