/** Sends the webhooks of the apps that this node leads, and pings on request. */
import { hash, randomUUID } from 'node:crypto';
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

/** Options of a webhook desk. */
export interface WebhookDeskOptions extends Omit<DispatcherServices, 'onAttempt' | 'clock'> {
  readonly clock: Pick<Clock, 'nowMs' | 'schedule' | 'wallClockMs'>;
  /** The name of this process among all senders. No other process has, or ever had, this name. */
  readonly name: string;
}

/** What a node reports about webhooks. */
export interface WebhookReport {
  /** The number of apps that it leads. */
  readonly apps: number;
  readonly underWay: number;
  /** How long the oldest delivery of these apps has waited; 0 if none waits. */
  readonly queueAgeMs: number;
  /** Attempts since the start, by result. */
  readonly attempts: Readonly<Record<AttemptOutcome, number>>;
}

const ATTEND_INTERVAL_MS = 2_000;
const PRUNE_INTERVAL_MS = 3_600_000;

/** Manages the dispatchers of the apps that this node leads, and serves the webhook endpoints of the admin API. */
export class WebhookDesk {
  readonly #options: WebhookDeskOptions;
  readonly #services: DispatcherServices;
  readonly #presence: SenderPresence;
  readonly #dispatchers = new Map<AppId, AppDispatcher>();
  /** The highest delivery number of each app, where known. */
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

  /** Records periodically in the books that this sender is alive, and takes the lead of its share of the apps. */
  start(): void {
    if (this.#isClosed) return;
    void this.refresh().then(() => {
      if (!this.#isClosed) this.#cancelTimer = this.#options.clock.schedule(ATTEND_INTERVAL_MS, () => this.start());
    });
  }

  /** Resolves once this node has seen all changes made in the books until now. Never rejects. */
  async refresh(): Promise<void> {
    // A pass that is under way may have begun before the change.
    await this.#attending;
    this.#attending ??= this.#attend().finally(() => {
      this.#attending = undefined;
    });
    await this.#attending;
  }

  /** Waits for deliveries under way, then releases the leads. */
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

  /** Creates a secret, in plain text for the receiver and sealed for the books. @param no its number among the secrets of the webhook */
  issueSecret(webhookId: string, no: number): { readonly secret: string; readonly sealed: SealedWebhookSecret } {
    const secret = createWebhookSecret();
    return { secret, sealed: { no, sealed: sealWebhookSecret(secret, webhookId, no, this.#options.sealingKey) } };
  }

  /** Returns the public key that verifies the `v1a` signatures of a webhook. */
  publicKeyOf({ id, secrets }: Webhook): string {
    return new WebhookKeyPair(id, secrets[0]?.no ?? 1, this.#options.sealingKey).publicKey;
  }

  /** Attempts once to send a ping, ahead of queued deliveries and even to a disabled webhook. @throws SfuError `webhook_not_found` */
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
        // The next lead must wait for this, because an attempt that is under way must not be made twice.
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

/** A sender whose counter has not changed for this long, by the observer's clock, is dead. Clocks of nodes are never compared. */
const DEAD_AFTER_MS = 10_000;

interface Sighting {
  readonly beat: number;
  readonly atMs: number;
}

/**
 * Tracks the senders that a node sees in the books, from which each node decides by itself which of them leads which app. Nodes that see the
 * same senders agree; while they do not, the books grant the lead to only one.
 */
class SenderPresence {
  readonly #self: string;
  readonly #sightings = new Map<string, Sighting>();

  /** @param self the name of this sender, which always counts as alive */
  constructor(self: string) {
    this.#self = self;
  }

  /** @param nowMs monotonic time @returns the senders that are alive, including this one */
  note(senders: readonly { readonly name: string; readonly beat: number }[], nowMs: number): ReadonlySet<string> {
    const present = new Set(senders.map(({ name }) => name));
    for (const name of this.#sightings.keys()) if (!present.has(name)) this.#sightings.delete(name);
    for (const { name, beat } of senders) {
      if (this.#sightings.get(name)?.beat !== beat) this.#sightings.set(name, { beat, atMs: nowMs });
    }
    const alive = [...this.#sightings].filter(([, { atMs }]) => nowMs - atMs < DEAD_AFTER_MS).map(([name]) => name);
    return new Set([...alive, this.#self]);
  }
}

/** Chooses the lead of an app by rendezvous hashing, so that a node that joins or leaves affects only its own share of the apps. */
function leaderOf(appId: AppId, senders: ReadonlySet<string>): string | undefined {
  const weighed = [...senders].map((name) => ({ name, weight: hash('sha256', `${name}\n${appId}`) }));
  return weighed.reduce<(typeof weighed)[number] | undefined>(
    (best, each) => (best === undefined || each.weight > best.weight ? each : best),
    undefined,
  )?.name;
}
