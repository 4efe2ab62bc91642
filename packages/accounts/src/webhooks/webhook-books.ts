/**
 * The webhooks of apps in the books, with their queued events and the log of deliveries. One node at a time, the lead of the app, queues
 * the app's events here and sends them.
 */
import type { AppId } from '@causeway/protocol';
import type { Actor } from '../books/books.ts';

/** Why a webhook is disabled: by a call, or by a node because of the receiver's replies or because the secret cannot be decrypted. */
export type WebhookDisabling = 'requested' | 'gone' | 'failing' | 'unreadable';

/** A secret in its stored form. */
export interface SealedWebhookSecret {
  /** Counts the secrets of a webhook from 1. The secret is sealed in the context of this number. */
  readonly no: number;
  readonly sealed: string;
}

/** A URL to which the events of an app are sent. */
export interface Webhook {
  readonly id: string;
  readonly orgId: string;
  readonly appId: AppId;
  readonly url: string;
  readonly description: string;
  /** Event types or patterns, such as `*`, `track.*` and `session.closed`. */
  readonly events: readonly string[];
  /** Incremented with every change by a call. */
  readonly version: number;
  /** Undefined if the webhook is enabled. */
  readonly disabledReason: WebhookDisabling | undefined;
  readonly disabledAtMs: number | undefined;
  /** The time of the first failed attempt since the last success; undefined if none has failed since. */
  readonly failingSinceMs: number | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** The newest secret first. The former one is absent once it has expired. */
  readonly secrets: readonly SealedWebhookSecret[];
  /** Until when deliveries are also signed with the former secret; undefined if there is none. */
  readonly formerSecretEndsAtMs: number | undefined;
}

/** The parameters of a new webhook. The caller chooses the id, because the secret is sealed in its context. */
export interface NewWebhook extends Pick<Webhook, 'id' | 'appId' | 'url' | 'description' | 'events'> {
  readonly sealedSecret: string;
}

/** Changes to a webhook; fields that are missing stay as they are. */
export interface WebhookPatch {
  readonly url?: string;
  readonly description?: string;
  readonly events?: readonly string[];
  /** Disables the webhook and cancels its waiting deliveries, or enables it for events from now on. */
  readonly isDisabled?: boolean;
  /** Changes the webhook only if it still has this version. */
  readonly ifVersion?: number;
}

/** The state of a delivery; `cancelled` if its webhook was disabled while it was waiting. */
export type WebhookDeliveryState = 'waiting' | 'delivered' | 'failed' | 'cancelled';

/** One attempt to deliver an event. */
export interface LoggedAttempt {
  readonly atMs: number;
  readonly durationMs: number;
  /** Undefined without a reply. */
  readonly status: number | undefined;
  /** Why there was no reply. */
  readonly error: string | undefined;
}

/** An event as it is sent to webhooks. */
export interface WebhookEvent {
  /** Unique within the app, and the same for every attempt. */
  readonly id: string;
  readonly type: string;
  readonly atMs: number;
  /** Events of one session are sent in order. It is empty for events that concern no session. */
  readonly sessionId: string;
  /** The event in the format of event streams, without `id`. */
  readonly json: string;
}

/** One event for one webhook. */
export interface LoggedDelivery {
  /** Unique within the app, and increasing. */
  readonly no: number;
  readonly webhookId: string;
  readonly event: WebhookEvent;
  readonly state: WebhookDeliveryState;
  readonly queuedAtMs: number;
  /** Undefined if there is no next attempt, or an earlier event of the session comes first. */
  readonly nextAtMs: number | undefined;
  /** The oldest first. */
  readonly attempts: readonly LoggedAttempt[];
  /** The start of the last reply. */
  readonly response: string | undefined;
}

/** A page of deliveries, newest first. */
export interface DeliveryPage {
  readonly limit: number;
  /** Selects deliveries before this number. */
  readonly before?: number;
  readonly state?: WebhookDeliveryState;
}

/** The start of a replay: a time, or the event before it. */
export type ReplayStart = { readonly sinceMs: number } | { readonly afterEventId: string };

/** The result of a replay. */
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
  /** All senders including this one, with the number of times that each has attended; empty if no app has webhooks. */
  readonly senders: readonly { readonly name: string; readonly beat: number }[];
  readonly apps: readonly LedApp[];
}

/** Where to continue reading an app's events. */
export interface WebhookPlace {
  /** The last position in the app's log; undefined to start at `sinceMs`. */
  readonly position: string | undefined;
  /** When the oldest webhook of the app was created; earlier events are not read. */
  readonly sinceMs: number;
}

/** The positions in the log before and after some events. */
export interface ReadingStep {
  readonly from: string | undefined;
  readonly to: string;
}

/** Deliveries that can be sent now. */
export interface DueDeliveries {
  readonly deliveries: readonly LoggedDelivery[];
  /** The webhooks of these deliveries. */
  readonly webhooks: readonly Webhook[];
  /** When the next delivery is due; undefined if none is scheduled. */
  readonly nextAtMs: number | undefined;
}

/** The result of an attempt, and what follows from it for the delivery. */
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

/** The most webhooks of an app, including disabled ones. */
export const MAX_WEBHOOKS_PER_APP = 10;
/** The most waiting deliveries of a webhook. Events beyond that are reported as `events.lost`, and can be replayed. */
export const MAX_WAITING_PER_WEBHOOK = 50_000;
/** How long deliveries and their events are kept. */
export const DELIVERIES_KEPT_FOR_MS = 30 * 86_400_000;
/** The most events and deliveries of an app that are kept, in addition to waiting ones. */
export const MAX_KEPT_PER_APP = 200_000;
/** A webhook is disabled after it has failed for this long. */
export const FAILING_DISABLES_AFTER_MS = 5 * 86_400_000;
/** The type of the event that a `ping` sends. */
export const PING_TYPE = 'webhook.ping';

/**
 * The webhooks in the books. A change by a call and its audit entry are made together or not at all. Every implementation passes
 * `webhookBooksContract`.
 *
 * All methods reject with SfuError `books_unavailable` if the books cannot be reached.
 */
export interface WebhookBooks {
  /** @throws SfuError `app_not_found`; `quota_exceeded` – the app has the maximum number of webhooks */
  createWebhook(webhook: NewWebhook, actor: Actor): Promise<Webhook>;
  /** Lists webhooks, oldest first. @throws SfuError `app_not_found` */
  listWebhooks(appId: AppId): Promise<readonly Webhook[]>;
  /** @throws SfuError `webhook_not_found` */
  findWebhook(webhookId: string): Promise<Webhook>;
  /** @throws SfuError `webhook_not_found`; `version_conflict` – the webhook has another version */
  updateWebhook(webhookId: string, patch: WebhookPatch, actor: Actor): Promise<Webhook>;
  /** Removes a webhook and its waiting deliveries. @throws SfuError `webhook_not_found` */
  removeWebhook(webhookId: string, actor: Actor): Promise<void>;
  /**
   * Replaces the secret.
   *
   * @param secret the new secret, whose number is one higher than that of the newest
   * @param overlapMs how long deliveries are also signed with the former secret
   * @throws SfuError `webhook_not_found`; `version_conflict` – another call has replaced it
   */
  rotateWebhookSecret(webhookId: string, secret: SealedWebhookSecret, overlapMs: number, actor: Actor): Promise<Webhook>;

  /** @throws SfuError `webhook_not_found` */
  listDeliveries(webhookId: string, page: DeliveryPage): Promise<readonly LoggedDelivery[]>;
  /** Logs an event that was sent to one webhook only, with its result. @throws SfuError `webhook_not_found` */
  logPing(
    webhookId: string,
    event: WebhookEvent,
    settled: Omit<SettledDelivery, 'no' | 'webhookId'>,
    actor: Actor,
  ): Promise<LoggedDelivery>;
  /** Queues an event again, ahead of all others. @throws SfuError `webhook_not_found`, `delivery_not_found`; `webhook_disabled` */
  redeliver(webhookId: string, no: number, actor: Actor): Promise<LoggedDelivery>;
  /**
   * Queues kept events again in order, except those that are waiting.
   *
   * @throws SfuError `webhook_not_found`, `webhook_disabled`; `invalid_params` – there is no such event
   */
  replay(webhookId: string, start: ReplayStart, maxEvents: number, actor: Actor): Promise<Replayed>;

  /** Records that a sender is alive. @param sender a name that no other process has */
  attend(sender: string): Promise<Attendance>;
  /** Removes a sender that is about to end. */
  leave(sender: string): Promise<void>;
  /** @param lead the lead with its last known term @returns undefined if another sender has taken it */
  takeLead(lead: WebhookLead, sender: string): Promise<WebhookLead | undefined>;
  /** No effect if another sender has taken the lead. @param position a new position to record, where `is` is undefined for the beginning */
  releaseLead(lead: WebhookLead, position?: { readonly is: string | undefined }): Promise<void>;
  /** @returns undefined if another sender has taken the lead, or the app has no webhook */
  findPlace(lead: WebhookLead): Promise<WebhookPlace | undefined>;
  /**
   * Queues events for all webhooks of the app that select them and records the reading position, in one transaction.
   *
   * @param place the positions before and after these events. If the recorded position is another one, they were queued before
   * @returns false, with nothing changed, if another sender has taken the lead
   */
  enqueue(lead: WebhookLead, place: ReadingStep, events: readonly WebhookEvent[]): Promise<boolean>;
  /**
   * Returns what can be sent now, which is the oldest event of each session if it is due.
   *
   * @param busy the numbers of deliveries under way
   * @param maxPerWebhook the most deliveries of a webhook, including those under way
   * @returns undefined if another has taken the lead
   */
  dueDeliveries(lead: WebhookLead, nowMs: number, busy: readonly number[], maxPerWebhook: number): Promise<DueDeliveries | undefined>;
  /**
   * Records attempts idempotently, disables webhooks that have failed for too long, and releases the next event of each session.
   *
   * @returns undefined if another has taken the lead
   */
  settleDeliveries(lead: WebhookLead, settled: readonly SettledDelivery[]): Promise<readonly DisabledWebhook[] | undefined>;
  /** Removes deliveries and events that are too old or too many. */
  pruneDeliveries(): Promise<void>;
}
