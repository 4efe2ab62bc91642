/** Announces changes to what a session publishes to the registry and to the subscribers. */
import type { AppId, SessionId } from '@causeway/protocol';
import type { SfuEvent, TrackCloseReason } from '../events.ts';
import {
  type InPieces,
  type LivePublication,
  type Negotiation,
  type Publication,
  publications,
  publisherUris,
  type RtpSection,
  sourceCodecs,
} from '../negotiation/index.ts';
import type { DataChannelRecord, SessionRecord, TrackRecord } from '../registry/index.ts';
import type { SessionParts } from './session-parts.ts';
import { Gradual, type GradualOptions } from './session-work.ts';

export interface PublishedTrack {
  readonly section: RtpSection;
  readonly record: TrackRecord;
}

export class Announcer {
  readonly #appId: AppId;
  readonly #sessionId: SessionId;
  readonly #parts: Pick<SessionParts, 'registry' | 'directory' | 'onEvent'>;
  readonly #gradual: Gradual;
  /** Undefined until something is published. */
  #announced: Map<string, PublishedTrack> | undefined = undefined;
  #outstanding: Promise<unknown> = Promise.resolve();

  constructor(
    appId: AppId,
    sessionId: SessionId,
    parts: Pick<SessionParts, 'registry' | 'directory' | 'onEvent'>,
    options: GradualOptions,
  ) {
    this.#gradual = new Gradual(options);
    this.#appId = appId;
    this.#sessionId = sessionId;
    this.#parts = parts;
  }

  /** Resolves once pending registry writes have finished. */
  async settled(): Promise<void> {
    await this.#gradual.settled();
    await this.#outstanding;
  }

  announceSession(record: SessionRecord): void {
    this.#later(() => this.#parts.registry.putSession(record));
  }

  /** @param closeReason for tracks that are no longer published */
  announceTracks(state: Negotiation, closeReason: TrackCloseReason): void {
    const published = new Set(publications(state).map(({ publication }) => publication.id));
    const withdrawn = [...(this.#announced?.values() ?? [])]
      .map(({ record }) => record)
      .filter(({ publicationId }) => !published.has(publicationId));
    for (const { publicationId } of withdrawn) this.#announced?.delete(publicationId);
    this.#withdrawTracks(withdrawn, closeReason);
    this.#gradual.begin(this.#announceEach(state));
  }

  withdrawAll(): void {
    this.#gradual.stop();
    const former = this.#announced ?? new Map<string, PublishedTrack>();
    this.#announced = undefined;
    for (const { record } of former.values()) {
      this.#parts.onEvent({ ...trackEvent(record, this.#appId, this.#sessionId), type: 'track.closed', reason: 'session_closed' });
    }
    this.#parts.directory.removeAll([...former.keys()], 'session_closed');
    this.#later(() => this.#parts.registry.removeSession(this.#appId, this.#sessionId));
  }

  announceDataChannel(record: DataChannelRecord): void {
    this.#later(() => this.#parts.registry.putDataChannel(record));
  }

  withdrawDataChannel({ publicationId }: DataChannelRecord): void {
    this.#later(() => this.#parts.registry.removeDataChannel(this.#appId, this.#sessionId, publicationId));
  }

  *#announceEach(state: Negotiation): InPieces<void> {
    for (const live of publications(state)) {
      const former = this.#announced?.get(live.publication.id);
      if (former?.section === live.section) continue;
      const track = publishedTrack(this.#appId, state.sessionId, live);
      // This is recorded first, because a subscriber's reaction may change this session again.
      this.#announced ??= new Map();
      this.#announced.set(live.publication.id, track);
      this.#announceTrack(former?.record, track.record);
      yield;
    }
  }

  #announceTrack(former: TrackRecord | undefined, record: TrackRecord): void {
    if (former !== undefined && (former === record || JSON.stringify(former) === JSON.stringify(record))) return;
    this.#parts.directory.put(record);
    this.#later(() => this.#parts.registry.putTrack(record));
    for (const type of eventTypesOf(former, record)) this.#parts.onEvent({ ...trackEvent(record, this.#appId, this.#sessionId), type });
  }

  #withdrawTracks(records: readonly TrackRecord[], reason: TrackCloseReason): void {
    this.#parts.directory.removeAll(
      records.map(({ publicationId }) => publicationId),
      reason,
    );
    for (const record of records) {
      this.#later(() => this.#parts.registry.removeTrack(this.#appId, this.#sessionId, record.publicationId));
      this.#parts.onEvent({ ...trackEvent(record, this.#appId, this.#sessionId), type: 'track.closed', reason });
    }
  }

  /** Runs announcements one at a time, so that the registry receives changes in the order in which they happened. */
  #later(announce: () => Promise<void>): void {
    const { onEvent } = this.#parts;
    // The session works without the registry, so a failure is reported and not thrown.
    this.#outstanding = this.#outstanding
      .then(announce)
      .catch((error: unknown) => onEvent({ type: 'registry.failed', appId: this.#appId, sessionId: this.#sessionId, error }));
  }
}

type TrackNews = 'track.published' | 'track.active' | 'track.inactive' | 'track.renamed' | 'track.muted' | 'track.unmuted';

function eventTypesOf(former: TrackRecord | undefined, record: TrackRecord): readonly TrackNews[] {
  if (former === undefined) return ['track.published'];
  const news: TrackNews[] = [];
  if (former.status !== record.status && record.status !== 'pending') news.push(`track.${record.status}`);
  if (former.customTrackName !== record.customTrackName) news.push('track.renamed');
  if (former.isMuted !== record.isMuted) news.push(record.isMuted === true ? 'track.muted' : 'track.unmuted');
  return news;
}

function trackEvent(record: TrackRecord, appId: AppId, sessionId: SessionId): Omit<Extract<SfuEvent, { type: 'track.published' }>, 'type'> {
  const { trackId, customTrackName, mid, kind } = record;
  return { appId, sessionId, trackId, customTrackName, mid, kind };
}

/** Returns what a session publishes, as other sessions may see it. */
export function publishedTracks(appId: AppId, state: Negotiation): readonly PublishedTrack[] {
  return publications(state).map((live) => publishedTrack(appId, state.sessionId, live));
}

/** Returns one track of a session, as other sessions may see it. */
export function publishedTrack(appId: AppId, sessionId: SessionId, { section, publication }: LivePublication): PublishedTrack {
  return { section, record: trackRecordOf(appId, sessionId, section, publication) };
}

function trackRecordOf(appId: AppId, sessionId: SessionId, section: RtpSection, publication: Publication): TrackRecord {
  return {
    appId,
    sessionId,
    trackId: publication.trackId,
    aliases: publication.aliases,
    customTrackName: publication.customTrackName,
    mid: section.mid,
    kind: section.kind,
    status: publication.status,
    ...(publication.isMuted === true && { isMuted: true }),
    isHidden: publication.isHidden,
    publicationId: publication.id,
    codecs: sourceCodecs(section.codecs),
    extensionUris: publisherUris(section.extensions),
    rids: section.rids,
  };
}
