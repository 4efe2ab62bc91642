import type { TrackRecord, TrackReference } from './registry.ts';

/**
 * Finds what a subscriber means among the tracks of the session it named.
 *
 * @returns the track with that id, else one that it is an alias of; or the one of that name
 */
export function findTrack(tracks: Iterable<TrackRecord>, reference: TrackReference): TrackRecord | undefined {
  const list = [...tracks];
  if (reference.by === 'name')
    return list.find(({ customTrackName }) => customTrackName !== '' && customTrackName === reference.customTrackName);
  return list.find(({ trackId }) => trackId === reference.trackId) ?? list.find(({ aliases }) => aliases.includes(reference.trackId));
}
