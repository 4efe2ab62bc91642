import { z } from 'zod';

/** `pending` until the first media packet, `inactive` after 30 s of silence, otherwise `active`. */
export const TrackStatus = z.enum(['pending', 'active', 'inactive']).meta({
  description: '`pending` until the first media packet, `inactive` after 30 s of silence, otherwise `active`',
});
export type TrackStatus = z.infer<typeof TrackStatus>;
