import type { EngineEvent } from '@causeway/media';
import type { AppId, ErrorCode, SessionId } from '@causeway/protocol';
import type { SfuEvent, TrackCloseReason } from '../events.ts';
import type { RtpSection, Subscription } from '../negotiation/index.ts';
import { EndedSubscriptions } from './ended-subscriptions.ts';

export interface ReportedSubscription {
  readonly section: Pick<RtpSection, 'mid' | 'kind'>;
  readonly subscription: Subscription;
}

/** What the engine says of the layers that a client gets. */
export type SubscriptionChange = Extract<EngineEvent, { readonly type: 'layer-changed' | 'quality-changed' }>;

/** Tells what became of a session's subscriptions: as events, and on record for later questions. */
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
    this.#onEvent({ type: 'subscription.ended', ...this.#facts(reported), reason });
  }

  changed(reported: ReportedSubscription, change: SubscriptionChange): void {
    const facts = this.#facts(reported);
    const { reason } = change;
    if (change.type === 'quality-changed') this.#onEvent({ type: 'quality.changed', ...facts, quality: change.quality, reason });
    else
      this.#onEvent({ type: 'layer.changed', ...facts, rid: change.rid, spatial: change.spatialId, temporal: change.temporalId, reason });
  }

  /** The SFU ended it for a reason that the client could not know of. */
  failed(reported: ReportedSubscription, errorCode: ErrorCode, errorDescription: string): void {
    this.ended.note(reported.section, reported.subscription, errorCode, errorDescription);
    this.#onEvent({ type: 'subscription.failed', ...this.#facts(reported), errorCode });
  }

  #facts({ section, subscription }: ReportedSubscription) {
    const { remoteSessionId, remoteTrackId } = subscription;
    return { appId: this.#appId, sessionId: this.#sessionId, remoteSessionId, remoteTrackId, mid: section.mid };
  }
}
