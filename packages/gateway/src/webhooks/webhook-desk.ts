/** A node's part in sending webhooks: it leads some of the apps, and pings for those who ask it. */
import { randomUUID } from 'node:crypto';
import {
  type Actor,
  type Attendance,
  createWebhookSecret,
  type LoggedDelivery,
  PING_TYPE,
  type SealedWebhookSecret,
  sealWebhookSecret,
  type Webhook,
  WebhookKeyPair,
} from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { CancelTimer, Clock } from '@causeway/sfu';
import { AppDispatcher, type AttemptOutcome, attemptOf, type DispatcherServices } from './app-dispatcher.ts';
import { signedRequest } from './delivery-message.ts';
import { isDelivered } from './retry-schedule.ts';
import { leaderOf, SenderPresence } from './sender-presence.ts';

/** What a desk needs. */
export interface WebhookDeskOptions extends Omit<DispatcherServices, 'onAttempt' | 'clock'> {
  readonly clock: Pick<Clock, 'nowMs' | 'schedule' | 'wallClockMs'>;
  /** Names this process among all that send: no other has, or had, this name. */
  readonly name: string;
}

/** What a node counts of webhooks. */
export interface WebhookReport {
  /** Apps that it leads. */
  readonly apps: number;
  readonly underWay: number;
  /** How long the oldest delivery of these apps has waited; 0 if none waits. */
  readonly queueAgeMs: number;
  /** Attempts since the start, by what became of them. */
  readonly attempts: Readonly<Record<AttemptOutcome, number>>;
}

const ATTEND_INTERVAL_MS = 2_000;
const PRUNE_INTERVAL_MS = 3_600_000;

/** Sends webhooks as far as they fall to this node, and makes what the admin API needs. */
export class WebhookDesk {
  readonly #options: WebhookDeskOptions;
  readonly #services: DispatcherServices;
  readonly #presence: SenderPresence;
  readonly #dispatchers = new Map<AppId, AppDispatcher>();
  /** Numbers that were given last, as far as they are known. */
  readonly #lastNos = new Map<AppId, number>();
  readonly #attempts = { delivered: 0, retried: 0, failed: 0 };
  #oldestQueuedAtMs: number | undefined;
  #attending: Promise<void> | undefined;
  #cancelTimer: CancelTimer | undefined;
  #prunedAtMs: number;
  #isClosed = false;

  constructor(options: WebhookDeskOptions) {
    this.#options = options;
    this.#services = { ...options, onAttempt: (outcome) => this.#attempts[outcome]++ };
    this.#presence = new SenderPresence(options.name);
    this.#prunedAtMs = options.clock.nowMs();
  }

  /** Shows itself in the books, now and then, and leads the apps that fall to it. */
  start(): void {
    if (this.#isClosed) return;
    void this.refresh().then(() => {
      if (!this.#isClosed) this.#cancelTimer = this.#options.clock.schedule(ATTEND_INTERVAL_MS, () => this.start());
    });
  }

  /** Resolves once what has changed in the books is known here. Never rejects. */
  async refresh(): Promise<void> {
    // One that is under way may have begun before the change.
    await this.#attending;
    this.#attending ??= this.#attend().finally(() => {
      this.#attending = undefined;
    });
    await this.#attending;
  }

  /** Lets what is under way finish, and leaves the apps to others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#attending;
    await Promise.all([...this.#dispatchers.values()].map((each) => each.stop(true)));
    await this.#options.books.leave(this.#options.name).catch(() => undefined);
    await this.#options.sender.close();
  }

  report(): WebhookReport {
    const leading = [...this.#dispatchers.values()];
    const oldest = this.#oldestQueuedAtMs;
    return {
      apps: leading.length,
      underWay: leading.reduce((sum, { underWay }) => sum + underWay, 0),
      queueAgeMs: oldest === undefined ? 0 : Math.max(0, this.#options.clock.wallClockMs() - oldest),
      attempts: { ...this.#attempts },
    };
  }

  /** A new secret for a webhook, as its receiver is told it and as the books keep it. @param no its number among those of the webhook */
  issueSecret(webhookId: string, no: number): { readonly secret: string; readonly sealed: SealedWebhookSecret } {
    const secret = createWebhookSecret();
    return { secret, sealed: { no, sealed: sealWebhookSecret(secret, webhookId, no, this.#options.sealingKey) } };
  }

  /** What verifies the `v1a` signatures of a webhook. */
  publicKeyOf({ id, secrets }: Webhook): string {
    return new WebhookKeyPair(id, secrets[0]?.no ?? 1, this.#options.sealingKey).publicKey;
  }

  /** Sends one event to a webhook now, once, whatever waits for it, and even if it is disabled. @throws SfuError `webhook_not_found` */
  async ping(webhook: Webhook, actor: Actor): Promise<LoggedDelivery> {
    const { books, sender, sealingKey: key, clock } = this.#options;
    const atMs = clock.wallClockMs();
    const json = JSON.stringify({ at: new Date(atMs).toISOString(), type: PING_TYPE, webhookId: webhook.id });
    const event = { id: `ping-${randomUUID()}`, type: PING_TYPE, atMs, sessionId: '', json };
    const request = signedRequest(webhook, event, { key, nowMs: atMs });
    if (request === undefined) {
      const attempt = { atMs, durationMs: 0, status: undefined, error: 'secret_unreadable' };
      return books.logPing(webhook.id, event, { attempt, response: undefined, next: { state: 'failed' } }, actor);
    }
    const reply = await sender.send(request);
    const state = isDelivered(reply) ? ('delivered' as const) : ('failed' as const);
    this.#attempts[state]++;
    return books.logPing(webhook.id, event, { ...attemptOf(atMs, reply), next: { state } }, actor);
  }

  /** Never rejects. */
  async #attend(): Promise<void> {
    const { books, name, clock, onDefect } = this.#options;
    try {
      const attendance = await books.attend(name);
      if (this.#isClosed) return;
      await this.#lead(attendance, this.#presence.note(attendance.senders, clock.nowMs()));
      if (clock.nowMs() - this.#prunedAtMs >= PRUNE_INTERVAL_MS) {
        this.#prunedAtMs = clock.nowMs();
        await books.pruneDeliveries();
      }
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'books_unavailable') onDefect(error);
    }
  }

  async #lead({ apps }: Attendance, alive: ReadonlySet<string>): Promise<void> {
    const { books, name } = this.#options;
    const known = new Set(apps.map(({ appId }) => appId));
    for (const [appId, each] of this.#dispatchers) if (!known.has(appId)) this.#end(appId, each);
    for (const { appId, term, holder, lastNo } of apps) {
      const running = this.#dispatchers.get(appId);
      if (running !== undefined && running.lead.term !== term) this.#end(appId, running);
      const isOurs = leaderOf(appId, alive) === name;
      const leading = this.#dispatchers.get(appId);
      if (leading !== undefined && !isOurs) {
        // The next lead waits for this: an attempt that is under way must not be made twice.
        this.#dispatchers.delete(appId);
        void leading.stop(false);
      } else if (leading !== undefined) {
        if (this.#lastNos.get(appId) !== lastNo) leading.nudge();
      } else if (isOurs && (holder === undefined || holder === name || !alive.has(holder))) {
        const lead = await books.takeLead({ appId, term }, name);
        if (lead !== undefined && !this.#isClosed) this.#begin(lead.appId, lead);
      }
      this.#lastNos.set(appId, lastNo);
    }
    const ages = apps.flatMap(({ appId, oldestQueuedAtMs }) => (this.#dispatchers.has(appId) ? (oldestQueuedAtMs ?? []) : []));
    this.#oldestQueuedAtMs = ages.length === 0 ? undefined : Math.min(...ages);
  }

  #begin(appId: AppId, lead: AppDispatcher['lead']): void {
    const dispatcher = new AppDispatcher(lead, this.#services, () => {
      if (this.#dispatchers.get(appId) === dispatcher) this.#dispatchers.delete(appId);
    });
    this.#dispatchers.set(appId, dispatcher);
    dispatcher.start();
  }

  #end(appId: AppId, dispatcher: AppDispatcher): void {
    this.#dispatchers.delete(appId);
    dispatcher.abandon();
  }
}
