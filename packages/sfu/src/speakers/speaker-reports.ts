/**
 * Reports the active speaker of each group of an app as an event, among the sessions of this node. The sessions of an app that have no
 * group form one conversation.
 */
import { DominantSpeaker, type SpeechReading } from '@causeway/media';
import type { SfuEvent } from '../events.ts';
import { publications } from '../negotiation/index.ts';
import type { Session } from '../session/session.ts';

const SWEEP_EVERY_MS = 10_000;

export class SpeakerReports {
  readonly #onEvent: (event: SfuEvent) => void;
  /** Keyed by app and group. Apps have no slash in their ids. */
  readonly #conversations = new Map<string, DominantSpeaker>();
  #sweepAtMs = Number.NEGATIVE_INFINITY;

  constructor(onEvent: (event: SfuEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Number of conversations with speech in the last seconds; others are removed up to ten seconds later. */
  get size(): number {
    return this.#conversations.size;
  }

  /** Takes what was heard on a publication of the session. */
  take(nowMs: number, session: Session, publicationId: string, reading: SpeechReading): void {
    this.#sweep(nowMs);
    const { appId, group, id: sessionId } = session;
    const key = group === undefined ? appId : `${appId}/${group}`;
    const conversation = this.#conversations.get(key) ?? new DominantSpeaker();
    this.#conversations.set(key, conversation);
    if (conversation.take(nowMs, publicationId, reading) === undefined) return;
    const live = publications(session.negotiation).find(({ publication }) => publication.id === publicationId);
    if (live === undefined) {
      conversation.forget(publicationId);
      return;
    }
    const { trackId, customTrackName } = live.publication;
    const { mid, kind } = live.section;
    this.#onEvent({ type: 'speaker.changed', appId, sessionId, trackId, customTrackName, mid, kind });
  }

  #sweep(nowMs: number): void {
    if (nowMs < this.#sweepAtMs) return;
    this.#sweepAtMs = nowMs + SWEEP_EVERY_MS;
    for (const [key, conversation] of this.#conversations) if (conversation.isOver(nowMs)) this.#conversations.delete(key);
  }
}
