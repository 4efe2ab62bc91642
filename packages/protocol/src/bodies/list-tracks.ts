import { z } from 'zod';
import { TrackSummary } from './track-summary.ts';

/** `GET /session/:session_id/tracks`: active tracks first, then pending ones, by media line. */
export const ListTracksReply = z.array(TrackSummary);
export type ListTracksReply = z.infer<typeof ListTracksReply>;
