import { type ErrorCode, LIMITS, type SubscriptionSummary } from '@causeway/protocol';
import type { RtpSection, Subscription } from '../negotiation/index.ts';

/** As many as a session has m-sections; mids do not run out, for a client may give one place ever new ones. */
const MAX_KEPT = LIMITS.maxMediaSectionsPerSession;

/** Subscriptions that the SFU ended by itself, one for each m-section, until the section is used again. */
export class EndedSubscriptions {
  readonly #byMid = new Map<string, SubscriptionSummary>();

  note(section: Pick<RtpSection, 'mid' | 'kind'>, subscription: Subscription, errorCode: ErrorCode, errorDescription: string): void {
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

  /** @param liveMids sections that carry something again */
  list(liveMids: ReadonlySet<string>): readonly SubscriptionSummary[] {
    return [...this.#byMid.values()].filter(({ mid }) => !liveMids.has(mid));
  }

  forget(mid: string): void {
    this.#byMid.delete(mid);
  }
}
