import type { EngineEvent } from '@causeway/media';
import { type AppId, type ErrorCode, LIMITS, type SessionId, type SubscriptionSummary } from '@causeway/protocol';
import type { SfuEvent, TrackCloseReason } from '../events.ts';
import type { RtpSection, Subscription } from '../negotiation/index.ts';

/** The number of m-sections of a session. There may be more mids, because a client can reuse an m-section under a new mid. */
const MAX_KEPT = LIMITS.maxMediaSectionsPerSession;

const UNREACHABLE = "this node had no route to the publisher's node for too long; subscribe again";

/** Subscriptions that the SFU ended by itself, one per m-section, until the section is used again. */
export class EndedSubscriptions {
  /** Undefined until one has ended so. */
  #byMid: Map<string, SubscriptionSummary> | undefined = undefined;

  note(section: Pick<RtpSection, 'mid' | 'kind'>, subscription: Subscription, errorCode: ErrorCode, errorDescription: string): void {
    this.#byMid ??= new Map();
    const [oldest] = this.#byMid.keys();
    if (oldest !== undefined && this.#byMid.size === MAX_KEPT) this.#byMid.delete(oldest);
    this.#byMid.set(section.mid, {
      mid: section.mid,
      trackKind: section.kind,
      remoteSessionId: subscription.remoteSessionId,
      remoteTrackId: subscription.remoteTrackId,
      customTrackName: subscription.followedName ?? '',
      paused: subscription.isPaused,
      errorCode,
      errorDescription,
    });
  }

  /** @param liveMids sections that are in use again */
  list(liveMids: ReadonlySet<string>): readonly SubscriptionSummary[] {
    return [...(this.#byMid?.values() ?? [])].filter(({ mid }) => !liveMids.has(mid));
  }

  forget(mid: string): void {
    this.#byMid?.delete(mid);
  }
}

export interface ReportedSubscription {
  readonly section: Pick<RtpSection, 'mid' | 'kind'>;
  readonly subscription: Subscription;
}

/** The engine's report about the layers that a client receives. */
export type SubscriptionChange = Extract<EngineEvent, { readonly type: 'layer-changed' | 'quality-changed' }>;

/** Reports the ends and changes of a session's subscriptions as events, and records them for later queries. */
export class SubscriptionReports {
  readonly ended = new EndedSubscriptions();
  readonly #appId: AppId;
  readonly #sessionId: SessionId;
  readonly #onEvent: (event: SfuEvent) => void;

  constructor(appId: AppId, sessionId: SessionId, onEvent: (event: SfuEvent) => void) {
    this.#appId = appId;
    this.#sessionId = sessionId;
    this.#onEvent = onEvent;
  }

  started(reported: ReportedSubscription): void {
    this.#onEvent({ type: 'subscription.active', ...this.#facts(reported) });
  }

  stopped(reported: ReportedSubscription, reason: TrackCloseReason | 'unsubscribed'): void {
    // The publisher still sends the track, so only this explains why the client receives it no longer.
    if (reason === 'unreachable') this.ended.note(reported.section, reported.subscription, 'relay_unavailable', UNREACHABLE);
    this.#onEvent({ type: 'subscription.ended', ...this.#facts(reported), reason });
  }

  changed(reported: ReportedSubscription, change: SubscriptionChange): void {
    const facts = this.#facts(reported);
    const { reason } = change;
    if (change.type === 'quality-changed') this.#onEvent({ type: 'quality.changed', ...facts, quality: change.quality, reason });
    else
      this.#onEvent({ type: 'layer.changed', ...facts, rid: change.rid, spatial: change.spatialId, temporal: change.temporalId, reason });
  }

  /** The SFU ended it for a reason that the client could not know. */
  failed(reported: ReportedSubscription, errorCode: ErrorCode, errorDescription: string): void {
    this.ended.note(reported.section, reported.subscription, errorCode, errorDescription);
    this.#onEvent({ type: 'subscription.failed', ...this.#facts(reported), errorCode });
  }

  #facts({ section, subscription }: ReportedSubscription) {
    const { remoteSessionId, remoteTrackId } = subscription;
    return { appId: this.#appId, sessionId: this.#sessionId, remoteSessionId, remoteTrackId, mid: section.mid };
  }
}
