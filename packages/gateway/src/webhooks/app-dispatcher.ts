/** Sends the webhooks of one app, for as long as this node leads it. */
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

/** Where the events of apps come from. */
export interface WebhookEventSource {
  /** Tells a reader what happens in an app, on all nodes. @returns ends it */
  follow(appId: AppId, place: WebhookPlace, sink: EventSink): () => void;
  /** Whether what happens is known here alone, so that a reader who has everything when the node ends has missed nothing. */
  readonly isAlone: boolean;
}

/** What has become of an attempt. */
export type AttemptOutcome = 'delivered' | 'retried' | 'failed';

/** What dispatchers work with. */
export interface DispatcherServices {
  readonly books: WebhookBooks;
  readonly events: WebhookEventSource;
  readonly sender: DeliverySender;
  /** Opens the secrets of webhooks. */
  readonly sealingKey: KeyObject;
  readonly clock: Pick<Clock, 'schedule' | 'wallClockMs'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onAttempt: (outcome: AttemptOutcome) => void;
  /** By this node. */
  readonly onDisabled: (appId: AppId, disabled: DisabledWebhook) => void;
  readonly onDefect: (error: unknown) => void;
}

/** Events that happen together are queued together. */
const GATHERED_MS = 20;
const MAX_BATCH = 200;
/** Concurrent deliveries of one webhook, each for a different session. */
const MAX_PER_WEBHOOK = 8;
/** While the books cannot be reached. */
const RETRY_MS = 1_000;
const UNREADABLE = 'the secret cannot be read';

/** Reads the events of one app into the books, and sends from there what is due. */
export class AppDispatcher {
  readonly lead: WebhookLead;
  readonly #services: DispatcherServices;
  readonly #onLost: () => void;
  #inlet: EventInlet | undefined;
  /** How far the books have the events. */
  #position: string | undefined;
  #unfollow: (() => void) | undefined;
  /** Deliveries under way or not yet settled, with their webhooks. */
  readonly #busy = new Map<number, string>();
  #settled: SettledDelivery[] = [];
  #state: 'running' | 'stopping' | 'over' = 'running';
  #isAskedAgain = false;
  #dispatching: Promise<void> | undefined;
  #queuing: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  readonly #timers = new Map<'due' | 'gather', CancelTimer>();

  /** @param onLost another node has taken the lead; nothing is sent any more */
  constructor(lead: WebhookLead, services: DispatcherServices, onLost: () => void) {
    this.lead = lead;
    this.#services = services;
    this.#onLost = onLost;
  }

  /** Deliveries that are under way. */
  get underWay(): number {
    return this.#busy.size;
  }

  /** Reads on where the books say, and sends what waits. */
  start(): void {
    void this.#follow();
    this.nudge();
  }

  /** Something may be due. */
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

  /** Lets what is under way finish, and gives the lead back. @param isEnd the node is about to end */
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

  /** Does nothing any more: another node leads. */
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
      // A reading that has begun again may have brought something by now.
      if (this.#state === 'running' && this.#inlet?.isEmpty === false) this.#scheduleQueuing();
    });
    return this.#queuing;
  }

  /** Brings to the books what has arrived. What no longer fitted is read again afterwards. */
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
    // The next life of the node, or another one, makes this attempt.
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

  /** What is settled in the meantime is noted together. */
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

  /** Asks the books until they answer, or this is over. A defect is told, and ends this as if the lead were lost. */
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
        // The next lead finds what is not noted, and makes its attempt again.
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

/** An attempt as it is logged. */
export function attemptOf(atMs: number, reply: DeliveryReply): Pick<SettledDelivery, 'attempt' | 'response'> {
  return reply.type === 'reply'
    ? { attempt: { atMs, durationMs: reply.durationMs, status: reply.status, error: undefined }, response: reply.excerpt || undefined }
    : { attempt: { atMs, durationMs: reply.durationMs, status: undefined, error: reply.error }, response: undefined };
}
