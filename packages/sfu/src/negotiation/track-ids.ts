/** Chooses the id of a published track in the API. */
import { parseTrackId, TrackId } from '@causeway/protocol';
import type { SdpSection } from '@causeway/wire';
import type { RandomSource } from './state.ts';

/** The stream that browsers write for a track without one. */
const NO_STREAM = '-';
const FALLBACK_RANDOM_BYTES = 4;

export interface AnnouncedTrack {
  readonly trackId: TrackId | undefined;
  readonly namesStream: boolean;
}

/**
 * Returns the track that a section announces: the second word of `a=msid`, or else of `a=ssrc:… msid:`.
 *
 * @returns an undefined `trackId` if it announces none, or one that is not valid in a request
 */
export function announcedTrack(section: SdpSection): AnnouncedTrack {
  const msid = section.msids.find(({ trackId }) => trackId !== undefined) ?? section.ssrcs.find(({ msid }) => msid !== undefined)?.msid;
  const streamId = msid?.streamId ?? section.msids[0]?.streamId;
  return { trackId: parseTrackId(msid?.trackId ?? ''), namesStream: streamId !== undefined && streamId !== NO_STREAM };
}

/** Returns an id for a section that announces none: `trk-<mid>-<8 hex digits>`. */
export function fallbackTrackId(mid: string, random: RandomSource): TrackId {
  const suffix = [...random.bytes(FALLBACK_RANDOM_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return parseTrackId(`trk-${mid}-${suffix}`) ?? TrackId.parse(`trk-${suffix}`);
}

/** Appends `#<mid>` if another section has the id, since one `MediaStreamTrack` may be sent on two m-sections. */
export function uniqueTrackId(wanted: TrackId, mid: string, isTaken: (trackId: TrackId) => boolean, random: RandomSource): TrackId {
  if (!isTaken(wanted)) return wanted;
  const suffixed = parseTrackId(`${wanted}#${mid}`);
  return suffixed !== undefined && !isTaken(suffixed) ? suffixed : fallbackTrackId(mid, random);
}
