import { z } from 'zod';

/**
 * Id of a published track, unique within its session. Firefox wraps its ids in braces; `#` separates the m-section that the SFU
 * appends when one session publishes the same `MediaStreamTrack` twice.
 */
export const TrackId = z
  .string()
  .regex(/^[A-Za-z0-9._:{}#-]{1,128}$/, 'must be 1 to 128 letters, digits and . _ : { } # -')
  .meta({ description: 'Track id from `transceiver.sender.track.id`', examples: ['33f140fc-6d3a-4f0b-9b6e-8a7f0f2a7a11'] })
  .brand<'TrackId'>();
export type TrackId = z.infer<typeof TrackId>;

/** @returns undefined if the text cannot be a track id */
export function parseTrackId(text: string): TrackId | undefined {
  return TrackId.safeParse(text).data;
}
