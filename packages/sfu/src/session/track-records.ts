import type { AppId, SessionId } from '@causeway/protocol';
import {
  identifyCodecs,
  type LivePublication,
  type Negotiation,
  type Publication,
  publications,
  publisherUris,
  type RtpSection,
  sourceCodecs,
  type TrackSource,
} from '../negotiation/index.ts';
import type { TrackRecord } from '../registry/index.ts';

export interface PublishedTrack {
  readonly section: RtpSection;
  readonly record: TrackRecord;
}

/** What a session publishes, as others may know it. */
export function publishedTracks(appId: AppId, state: Negotiation): readonly PublishedTrack[] {
  return publications(state).map((live) => publishedTrack(appId, state.sessionId, live));
}

/** One track of a session, as others may know it. */
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
