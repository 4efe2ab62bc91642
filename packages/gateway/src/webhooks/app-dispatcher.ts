/** Sends the webhooks of one app while this node holds its lead. */
import type { KeyObject } from 'node:crypto';
import type {
  DisabledWebhook,
  LoggedDelivery,
  SettledDelivery,
  Webhook,
  WebhookBooks,
  WebhookLead,
  WebhookPlace,
} from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { CancelTimer, Clock } from '@causeway/sfu';
import type { EventSink } from '../events/event-stream.ts';
import { signedRequest } from './delivery-message.ts';
import type { DeliveryReply, DeliverySender } from './delivery-sender.ts';
import { EventInlet } from './event-inlet.ts';
import { nextStep } from './retry-schedule.ts';

/** The source of the events of apps. */
export interface WebhookEventSource {
  /** Sends a reader the events of an app on all nodes. @returns a function that stops it */
  follow(appId: AppId, place: WebhookPlace, sink: EventSink): () => void;
  /** Whether only this node has the events, so that a reader who has received all of them when the node ends has missed none. */
  readonly isAlone: boolean;
}

/** The result of an attempt. */
export type AttemptOutcome = 'delivered' | 'retried' | 'failed';

/** The services that dispatchers use. */
export interface DispatcherServices {
  readonly books: WebhookBooks;
  readonly events: WebhookEventSource;
  readonly sender: DeliverySender;
  /** Decrypts the secrets of webhooks. */
  readonly sealingKey: KeyObject;
  readonly clock: Pick<Clock, 'schedule' | 'wallClockMs'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onAttempt: (outcome: AttemptOutcome) => void;
  /** Called when this node has disabled a webhook. */
  readonly onDisabled: (appId: AppId, disabled: DisabledWebhook) => void;
  readonly onDefect: (error: unknown) => void;
}

/** Events that occur within this time are queued together. */
const GATHERED_MS = 20;
const MAX_BATCH = 200;
/** Concurrent deliveries of one webhook, each for a different session. */
const MAX_PER_WEBHOOK = 8;
/** How often the books are tried while they cannot be reached. */
const RETRY_MS = 1_000;
const UNREADABLE = 'the secret cannot be read';

/** Queues the events of one app in the books, and sends the deliveries that are due. */
export class AppDispatcher {
  readonly lead: WebhookLead;
  readonly #services: DispatcherServices;
  readonly #onLost: () => void;
  #inlet: EventInlet | undefined;
  /** The position in the log up to which the books have the events. */
  #position: string | undefined;
  #unfollow: (() => void) | undefined;
  /** Deliveries that are under way or not yet settled, with the ids of their webhooks. */
  readonly #busy = new Map<number, string>();
  #settled: SettledDelivery[] = [];
  #state: 'running' | 'stopping' | 'over' = 'running';
  #isAskedAgain = false;
  #dispatching: Promise<void> | undefined;
  #queuing: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  readonly #timers = new Map<'due' | 'gather', CancelTimer>();

  /** @param onLost called when another node has taken the lead; nothing is sent afterwards */
  constructor(lead: WebhookLead, services: DispatcherServices, onLost: () => void) {
    this.lead = lead;
    this.#services = services;
    this.#onLost = onLost;
  }

  /** The number of deliveries that are under way. */
  get underWay(): number {
    return this.#busy.size;
  }

  /** Continues at the position that the books have, and sends waiting deliveries. */
  start(): void {
    void this.#follow();
    this.nudge();
  }

  /** Checks whether a delivery is due. */
  nudge(): void {
    if (this.#state !== 'running') return;
    if (this.#dispatching !== undefined) {
      this.#isAskedAgain = true;
      return;
    }
    this.#dispatching = this.#dispatch().finally(() => {
      this.#dispatching = undefined;
      if (!this.#isAskedAgain) return;
      this.#isAskedAgain = false;
      this.nudge();
    });
  }

  /** Waits for deliveries under way, then releases the lead. @param isEnd whether the node is about to end */
  async stop(isEnd: boolean): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    this.#endReading();
    await this.#queueAll();
    while (this.#busy.size > 0 || this.#settling !== undefined) {
      const before = this.#busy.size;
      await (this.#settling ?? new Promise<void>((resolve) => void this.#services.clock.schedule(GATHERED_MS, resolve)));
      if (this.#isOver() && before > 0) return;
    }
    if (this.#isOver()) return;
    const forgets = isEnd && this.#services.events.isAlone;
    await this.#ask(() => this.#services.books.releaseLead(this.lead, forgets ? { is: undefined } : undefined));
    this.abandon();
  }

  /** Stops at once, because another node has the lead. */
  abandon(): void {
    this.#state = 'over';
    this.#endReading();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  #lose(): void {
    if (this.#isOver()) return;
    this.abandon();
    this.#onLost();
  }

  #endReading(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#inlet?.end();
  }

  async #follow(): Promise<void> {
    const place = await this.#ask(() => this.#services.books.findPlace(this.lead));
    if (this.#state !== 'running') return;
    if (place === undefined) return this.#lose();
    this.#position = place.position;
    const inlet = new EventInlet(() => this.#scheduleQueuing());
    this.#inlet = inlet;
    this.#unfollow = this.#services.events.follow(this.lead.appId, place, inlet);
  }

  #scheduleQueuing(): void {
    if (this.#queuing !== undefined || this.#timers.has('gather')) return;
    this.#setTimer('gather', GATHERED_MS, () => void this.#queueAll());
  }

  #queueAll(): Promise<void> {
    this.#queuing ??= this.#queue().finally(() => {
      this.#queuing = undefined;
      // Reading may have restarted and brought more events by now.
      if (this.#state === 'running' && this.#inlet?.isEmpty === false) this.#scheduleQueuing();
    });
    return this.#queuing;
  }

  /** Queues the events that have arrived. Those for which there was no room are then read again. */
  async #queue(): Promise<void> {
    const inlet = this.#inlet;
    for (let batch = inlet?.take(MAX_BATCH); batch !== undefined; batch = inlet?.take(MAX_BATCH)) {
      const { position, events } = batch;
      const isHeld = await this.#ask(() => this.#services.books.enqueue(this.lead, { from: this.#position, to: position }, events));
      if (this.#isOver()) return;
      if (isHeld !== true) return this.#lose();
      this.#position = position;
      if (events.length > 0) this.nudge();
    }
    if (this.#state !== 'running' || inlet?.isGone !== true) return;
    this.#unfollow?.();
    await this.#follow();
  }

  async #dispatch(): Promise<void> {
    const { books, clock } = this.#services;
    const busy = [...this.#busy.keys()];
    const due = await this.#ask(() => books.dueDeliveries(this.lead, clock.wallClockMs(), busy, MAX_PER_WEBHOOK));
    if (this.#state !== 'running') return;
    if (due === undefined) return this.#lose();
    const webhooks = new Map(due.webhooks.map((webhook) => [webhook.id, webhook]));
    for (const delivery of due.deliveries) {
      const webhook = webhooks.get(delivery.webhookId);
      const ofWebhook = [...this.#busy.values()].filter((id) => id === delivery.webhookId).length;
      if (webhook === undefined || this.#busy.has(delivery.no) || ofWebhook >= MAX_PER_WEBHOOK) continue;
      this.#busy.set(delivery.no, webhook.id);
      void this.#deliver(delivery, webhook);
    }
    if (due.nextAtMs === undefined) return;
    this.#setTimer('due', Math.max(0, due.nextAtMs - clock.wallClockMs()), () => this.nudge());
  }

  /** Never rejects. */
  async #deliver(delivery: LoggedDelivery, webhook: Webhook): Promise<void> {
    const { sender, sealingKey, clock } = this.#services;
    const atMs = clock.wallClockMs();
    const request = signedRequest(webhook, delivery.event, { key: sealingKey, nowMs: atMs });
    const reply = request === undefined ? undefined : await sender.send(request);
    // The next life of this node, or another node, makes this attempt.
    if (reply?.type === 'none' && reply.error === 'interrupted') return void this.#busy.delete(delivery.no);
    this.#settled.push(this.#settlement(delivery, atMs, reply));
    this.#settleAll();
  }

  #settlement({ no, webhookId, attempts }: LoggedDelivery, atMs: number, reply: DeliveryReply | undefined): SettledDelivery {
    const { clock, random, onAttempt } = this.#services;
    if (reply === undefined) {
      const attempt = { atMs, durationMs: 0, status: undefined, error: UNREADABLE };
      return { no, webhookId, attempt, response: undefined, next: { state: 'failed', disables: 'unreadable' } };
    }
    const next = nextStep({ count: attempts.length + 1, reply, nowMs: clock.wallClockMs(), random });
    onAttempt(next.state === 'waiting' ? 'retried' : next.state);
    return { no, webhookId, ...attemptOf(atMs, reply), next };
  }

  #settleAll(): void {
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
    });
  }

  /** Records results in batches: those that arrive while a batch is written form the next one. */
  async #settle(): Promise<void> {
    while (this.#settled.length > 0) {
      const settled = this.#settled;
      this.#settled = [];
      const disabled = await this.#ask(() => this.#services.books.settleDeliveries(this.lead, settled));
      for (const { no } of settled) this.#busy.delete(no);
      if (this.#isOver()) return;
      if (disabled === undefined) return this.#lose();
      for (const each of disabled) this.#services.onDisabled(this.lead.appId, each);
      this.nudge();
    }
  }

  /** Retries a query until the books answer or this dispatcher has stopped. A defect is reported, and treated as the loss of the lead. */
  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
    const { clock, onDefect } = this.#services;
    while (!this.#isOver()) {
      try {
        return await question();
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== 'books_unavailable') {
          onDefect(error);
          return undefined;
        }
        // The next lead repeats the attempts whose results were not recorded.
        if (this.#state === 'stopping') this.abandon();
        else await new Promise<void>((resolve) => void clock.schedule(RETRY_MS, resolve));
      }
    }
    return undefined;
  }

  #setTimer(name: 'due' | 'gather', delayMs: number, callback: () => void): void {
    this.#timers.get(name)?.();
    this.#timers.set(
      name,
      this.#services.clock.schedule(delayMs, () => {
        this.#timers.delete(name);
        callback();
      }),
    );
  }
}

/** Converts the result of an attempt for the log of deliveries. */
export function attemptOf(atMs: number, reply: DeliveryReply): Pick<SettledDelivery, 'attempt' | 'response'> {
  return reply.type === 'reply'
    ? { attempt: { atMs, durationMs: reply.durationMs, status: reply.status, error: undefined }, response: reply.excerpt || undefined }
    : { attempt: { atMs, durationMs: reply.durationMs, status: undefined, error: reply.error }, response: undefined };
}
