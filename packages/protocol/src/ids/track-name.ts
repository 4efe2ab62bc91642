import { z } from 'zod';

/** Name that a publisher gives a track, unique within its session. The empty string is "no name", as in track listings. */
export const TrackName = z
  .string()
  .regex(/^[A-Za-z0-9._:{}-]{0,128}$/, 'must be at most 128 letters, digits and . _ : { } -')
  .meta({ description: 'Custom name of the track; empty for none', examples: ['userA-video'] })
  .brand<'TrackName'>();
export type TrackName = z.infer<typeof TrackName>;
