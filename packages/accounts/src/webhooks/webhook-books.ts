/**
 * Webhooks in the books: the webhooks of apps, the events that they are to be sent, and the log of what was. One node at a time, the lead of
 * the app, brings the app's events here and sends them.
 */
import type { AppId } from '@causeway/protocol';
import type { Actor } from '../books/books.ts';

/** Why a webhook is sent nothing: a call has disabled it, or a node because of what its receiver replied, or because its secret is lost. */
export type WebhookDisabling = 'requested' | 'gone' | 'failing' | 'unreadable';

/** A secret as the books have it. */
export interface SealedWebhookSecret {
  /** 1 for the first one of a webhook. It is part of what the secret is sealed with. */
  readonly no: number;
  readonly sealed: string;
}

/** A webhook: an address of an app to which its events are sent. */
export interface Webhook {
  readonly id: string;
  readonly orgId: string;
  readonly appId: AppId;
  readonly url: string;
  readonly description: string;
  /** Types of events, such as `*`, `track.*` and `session.closed`. */
  readonly events: readonly string[];
  /** Rises with every change by a call. */
  readonly version: number;
  /** Undefined while it is not disabled. */
  readonly disabledReason: WebhookDisabling | undefined;
  readonly disabledAtMs: number | undefined;
  /** When the first attempt failed since one last succeeded; undefined if none has. */
  readonly failingSinceMs: number | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** The newest one first. The former one is missing once it is over. */
  readonly secrets: readonly SealedWebhookSecret[];
  /** Until when what is sent is signed with the former secret as well; undefined if there is none. */
  readonly formerSecretEndsAtMs: number | undefined;
}

/** A webhook as it is asked for. Its id is part of what its secret is sealed with, so the caller chooses it. */
export interface NewWebhook extends Pick<Webhook, 'id' | 'appId' | 'url' | 'description' | 'events'> {
  readonly sealedSecret: string;
}

/** What to change of a webhook; what is missing stays. */
export interface WebhookPatch {
  readonly url?: string;
  readonly description?: string;
  readonly events?: readonly string[];
  /** Disables it, and cancels what waits; or lets it be sent what happens from now on. */
  readonly isDisabled?: boolean;
  /** Only if the webhook still has this version. */
  readonly ifVersion?: number;
}

/** What becomes of a delivery: it is `cancelled` if its webhook is disabled before that. */
export type WebhookDeliveryState = 'waiting' | 'delivered' | 'failed' | 'cancelled';

/** One try to deliver an event. */
export interface LoggedAttempt {
  readonly atMs: number;
  readonly durationMs: number;
  /** Undefined without a reply. */
  readonly status: number | undefined;
  /** Why there was no reply. */
  readonly error: string | undefined;
}

/** An event as it is sent. */
export interface WebhookEvent {
  /** Unique in its app, and the same however often the event is sent. */
  readonly id: string;
  readonly type: string;
  readonly atMs: number;
  /** Events of one session are sent in their order. Empty for what concerns no session. */
  readonly sessionId: string;
  /** The event as event streams send it, without `id`. */
  readonly json: string;
}

/** One event for one webhook. */
export interface LoggedDelivery {
  /** Unique in the app; grows. */
  readonly no: number;
  readonly webhookId: string;
  readonly event: WebhookEvent;
  readonly state: WebhookDeliveryState;
  readonly queuedAtMs: number;
  /** Undefined if there is no next attempt, or an earlier event of the session comes first. */
  readonly nextAtMs: number | undefined;
  /** The oldest first. */
  readonly attempts: readonly LoggedAttempt[];
  /** How the last reply began. */
  readonly response: string | undefined;
}

/** A page of deliveries, the newest first. */
export interface DeliveryPage {
  readonly limit: number;
  /** Only those before this number. */
  readonly before?: number;
  readonly state?: WebhookDeliveryState;
}

/** Where a replay begins: at a time, or after a given event. */
export type ReplayStart = { readonly sinceMs: number } | { readonly afterEventId: string };

/** How far a replay got. */
export interface Replayed {
  readonly queued: number;
  readonly lastEventId: string | undefined;
  readonly hasMore: boolean;
}

/** The right to send the webhooks of an app, which ends when another node takes it. */
export interface WebhookLead {
  readonly appId: AppId;
  /** Grows with every holder. */
  readonly term: number;
}

/** An app that has webhooks, and who leads it. */
export interface LedApp extends WebhookLead {
  /** Name of a sender; undefined if there is none. */
  readonly holder: string | undefined;
  /** Grows when something is queued. */
  readonly lastNo: number;
  /** When the oldest delivery that waits was queued; undefined if none does. */
  readonly oldestQueuedAtMs: number | undefined;
}

/** What a sender learns when it shows that it is alive. */
export interface Attendance {
  /** All senders with how often each has attended, this one included; none if no app has webhooks. */
  readonly senders: readonly { readonly name: string; readonly beat: number }[];
  readonly apps: readonly LedApp[];
}

/** Where the reading of an app's events goes on. */
export interface WebhookPlace {
  /** The position that the app's log returned last; undefined for the beginning. */
  readonly position: string | undefined;
  /** When the oldest webhook of the app was made: what happened before is not asked for. */
  readonly sinceMs: number;
}

/** How far a reading has got by some events. */
export interface ReadingStep {
  readonly from: string | undefined;
  readonly to: string;
}

/** Deliveries that can be sent now. */
export interface DueDeliveries {
  readonly deliveries: readonly LoggedDelivery[];
  /** The webhooks that they are for. */
  readonly webhooks: readonly Webhook[];
  /** When the next one falls due; undefined if none waits for its time. */
  readonly nextAtMs: number | undefined;
}

/** What has become of a delivery by an attempt. */
export interface SettledDelivery {
  readonly no: number;
  readonly webhookId: string;
  readonly attempt: LoggedAttempt;
  readonly response: string | undefined;
  readonly next:
    | { readonly state: 'delivered' }
    | { readonly state: 'failed'; readonly disables?: 'gone' | 'unreadable' }
    | { readonly state: 'waiting'; readonly nextAtMs: number };
}

/** A webhook that a node has disabled. */
export interface DisabledWebhook {
  readonly webhookId: string;
  readonly reason: WebhookDisabling;
}

/** Webhooks of one app, whatever their state. */
export const MAX_WEBHOOKS_PER_APP = 10;
/** Deliveries that may wait for one webhook. What comes beyond that is told of as `events.lost`, and can be replayed. */
export const MAX_WAITING_PER_WEBHOOK = 50_000;
/** How long deliveries and the events in them are kept. */
export const DELIVERIES_KEPT_FOR_MS = 30 * 86_400_000;
/** The most events and deliveries of an app that are kept; waiting ones are kept beyond that. */
export const MAX_KEPT_PER_APP = 200_000;
/** A webhook to which nothing could be delivered for so long is disabled. */
export const FAILING_DISABLES_AFTER_MS = 5 * 86_400_000;
/** The type of the event that a `ping` sends. */
export const PING_TYPE = 'webhook.ping';

/**
 * The webhooks in the books. Every change by a call is in the audit, or neither is made. Every implementation passes `webhookBooksContract`.
 *
 * All methods reject with SfuError `books_unavailable` if the books cannot be reached now.
 */
export interface WebhookBooks {
  /** @throws SfuError `app_not_found`; `quota_exceeded` – the app has as many as it may have */
  createWebhook(webhook: NewWebhook, actor: Actor): Promise<Webhook>;
  /** The oldest first. @throws SfuError `app_not_found` */
  listWebhooks(appId: AppId): Promise<readonly Webhook[]>;
  /** @throws SfuError `webhook_not_found` */
  findWebhook(webhookId: string): Promise<Webhook>;
  /** @throws SfuError `webhook_not_found`; `version_conflict` – another change was faster */
  updateWebhook(webhookId: string, patch: WebhookPatch, actor: Actor): Promise<Webhook>;
  /** What waits for it is not sent. @throws SfuError `webhook_not_found` */
  removeWebhook(webhookId: string, actor: Actor): Promise<void>;
  /**
   * Replaces the secret.
   *
   * @param secret its number is one higher than that of the newest one
   * @param overlapMs how long what is sent is signed with the former one as well
   * @throws SfuError `webhook_not_found`; `version_conflict` – it was replaced in the meantime
   */
  rotateWebhookSecret(webhookId: string, secret: SealedWebhookSecret, overlapMs: number, actor: Actor): Promise<Webhook>;

  /** @throws SfuError `webhook_not_found` */
  listDeliveries(webhookId: string, page: DeliveryPage): Promise<readonly LoggedDelivery[]>;
  /** Notes an event that was sent to one webhook alone, and what came of it. @throws SfuError `webhook_not_found` */
  logPing(
    webhookId: string,
    event: WebhookEvent,
    settled: Omit<SettledDelivery, 'no' | 'webhookId'>,
    actor: Actor,
  ): Promise<LoggedDelivery>;
  /** Queues an event once more, before all others. @throws SfuError `webhook_not_found`, `delivery_not_found`; `webhook_disabled` */
  redeliver(webhookId: string, no: number, actor: Actor): Promise<LoggedDelivery>;
  /**
   * Queues the events that are kept once more, in their order, except those that wait.
   *
   * @throws SfuError `webhook_not_found`, `webhook_disabled`; `invalid_params` – there is no such event
   */
  replay(webhookId: string, start: ReplayStart, maxEvents: number, actor: Actor): Promise<Replayed>;

  /** Shows that a sender is alive. @param sender a name that no other process has */
  attend(sender: string): Promise<Attendance>;
  /** The sender is about to end. */
  leave(sender: string): Promise<void>;
  /** @param lead as it was before. @returns undefined if another was faster */
  takeLead(lead: WebhookLead, sender: string): Promise<WebhookLead | undefined>;
  /** @param position what has been queued, if it is to be changed: undefined for the beginning. Does nothing if another has taken the lead */
  releaseLead(lead: WebhookLead, position?: { readonly is: string | undefined }): Promise<void>;
  /** @returns undefined if another has taken the lead, or the app has no webhook */
  findPlace(lead: WebhookLead): Promise<WebhookPlace | undefined>;
  /**
   * Queues events for all webhooks of the app that want them, and notes how far the events have been read: both or neither.
   *
   * @param place where the reading was before, and is with these events. If it was not there, they have been queued already
   * @returns false if another has taken the lead, and nothing was done
   */
  enqueue(lead: WebhookLead, place: ReadingStep, events: readonly WebhookEvent[]): Promise<boolean>;
  /**
   * What can be sent now: of each session the oldest event, if its time has come.
   *
   * @param busy numbers of deliveries that are under way
   * @param maxPerWebhook under way and due together
   * @returns undefined if another has taken the lead
   */
  dueDeliveries(lead: WebhookLead, nowMs: number, busy: readonly number[], maxPerWebhook: number): Promise<DueDeliveries | undefined>;
  /**
   * Notes attempts, each once however often it is told, disables webhooks that have failed for too long, and lets the next event of a session follow one that is settled.
   *
   * @returns undefined if another has taken the lead
   */
  settleDeliveries(lead: WebhookLead, settled: readonly SettledDelivery[]): Promise<readonly DisabledWebhook[] | undefined>;
  /** Forgets what is kept for long enough, or too much of. */
  pruneDeliveries(): Promise<void>;
}
