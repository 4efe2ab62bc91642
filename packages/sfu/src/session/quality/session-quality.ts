/** `GET /session/:session_id/quality`: how the last five minutes of a session went (docs/api.md §5). */
import type { QualitySample as EngineSample } from '@causeway/media';
import type { QualitySample } from '@causeway/protocol';
import type { CancelTimer, Clock } from '../../clock.ts';
import { type Negotiation, publications, type RtpSection, subscriptions } from '../../negotiation/index.ts';
import type { Session } from '../session.ts';

/** Returns the samples of a session, oldest first. Tracks that it no longer has are left out. */
export async function readQuality({ transportId, negotiation, parts }: Session): Promise<QualitySample[]> {
  if (transportId === undefined) return [];
  // A thread that has just been lost does not answer, and the session is about to end.
  const samples = await parts.shard.ask('quality', transportId).catch(() => []);
  return samples.map((sample) => describeSample(sample, negotiation));
}

/** Returns the newest sample of a session. @returns undefined if there is none yet */
export async function readNewestQuality({ transportId, negotiation, parts }: Session): Promise<QualitySample | undefined> {
  const sample = transportId && (await parts.shard.ask('newest-quality', transportId).catch(() => undefined));
  return sample ? describeSample(sample, negotiation) : undefined;
}

function describeSample({ atMs, rttMs, estimatedBps, ...tracks }: EngineSample, negotiation: Negotiation): QualitySample {
  const published = new Map(tracks.publications.map((track) => [track.id, track]));
  const subscribed = new Map(tracks.subscriptions.map((track) => [track.id, track]));
  return {
    at: new Date(atMs).toISOString(),
    ...(rttMs !== undefined && { rttMs }),
    ...(estimatedBps !== undefined && { estimatedBps }),
    publications: publications(negotiation).flatMap(({ section, publication }) => {
      const track = published.get(publication.id);
      return track === undefined ? [] : [{ ...lineOf(section), ...measuredOf(track) }];
    }),
    subscriptions: subscriptions(negotiation).flatMap(({ section, subscription }) => {
      const track = subscribed.get(subscription.id);
      if (track === undefined) return [];
      const { remoteSessionId, remoteTrackId } = subscription;
      return [
        { ...lineOf(section), remoteSessionId, remoteTrackId, ...measuredOf(track), ...(track.rid !== undefined && { rid: track.rid }) },
      ];
    }),
  };
}

function lineOf({ mid, kind }: RtpSection) {
  return { mid, trackKind: kind };
}

function measuredOf({ bitrateBps, lossRatio }: EngineSample['publications'][number]) {
  return { bitrateBps, ...(lossRatio !== undefined && { lossRatio }) };
}

/** Not longer than the engine takes between two samples, so that none is missed. */
const LOOK_EVERY_MS = 5_000;

export interface QualityWatchOptions {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Whether the session has not ended. */
  readonly isOpen: () => boolean;
  /** @returns undefined before the first sample */
  readonly readNewest: () => Promise<QualitySample | undefined>;
  readonly onSample: (sample: QualitySample) => void;
}

/** Reports the new samples of one session while someone watches it. Sessions that are not watched cost nothing here. */
export class QualityWatch {
  readonly #options: QualityWatchOptions;
  #isStopped = false;
  #cancelTimer: CancelTimer = () => undefined;

  /** The sample that already exists is not reported, because the reply of `sessionQuality` contains it. */
  constructor(options: QualityWatchOptions) {
    this.#options = options;
    void options.readNewest().then((known) => this.#lookLater(known?.at));
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #lookLater(toldAt: string | undefined): void {
    if (this.#isStopped || !this.#options.isOpen()) return;
    this.#cancelTimer = this.#options.clock.schedule(LOOK_EVERY_MS, () => void this.#look(toldAt));
  }

  async #look(toldAt: string | undefined): Promise<void> {
    const newest = await this.#options.readNewest();
    if (this.#isStopped) return;
    if (newest !== undefined && newest.at !== toldAt) this.#options.onSample(newest);
    this.#lookLater(newest?.at ?? toldAt);
  }
}
