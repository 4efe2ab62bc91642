import type { AppId } from '@causeway/protocol';
import { identifyCodecs, type Negotiation, publications, publisherUris, type TrackSource } from '../negotiation/index.ts';
import type { TrackRecord } from '../registry/index.ts';

/** What a session publishes, as others may know it, by publication id. */
export function trackRecordsOf(appId: AppId, state: Negotiation): ReadonlyMap<string, TrackRecord> {
  return new Map(
    publications(state).map(({ section, publication }) => [
      publication.id,
      {
        appId,
        sessionId: state.sessionId,
        trackId: publication.trackId,
        aliases: publication.aliases,
        customTrackName: publication.customTrackName,
        mid: section.mid,
        kind: section.kind,
        status: publication.status,
        isHidden: publication.isHidden,
        publicationId: publication.id,
        codecs: section.codecs.map(({ name, clockRateHz, channels, fmtp }) => ({ name, clockRateHz, channels, fmtp })),
        extensionUris: publisherUris(section),
        rids: section.rids,
      },
    ]),
  );
}

/** @param askedId the id by which the subscriber named the track, if it did */
export function trackSourceOf(record: TrackRecord, askedId: string | undefined): TrackSource {
  return {
    remoteSessionId: record.sessionId,
    remoteTrackId: askedId ?? record.trackId,
    customTrackName: record.customTrackName,
    sourceTrackId: record.publicationId,
    kind: record.kind,
    codecs: identifyCodecs(record.codecs),
    extensionUris: record.extensionUris,
    rids: record.rids,
  };
}
