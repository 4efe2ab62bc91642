import { z } from 'zod';
import { AppId } from '../ids/app-id.ts';
import { Mid } from '../ids/mid.ts';
import { SessionId } from '../ids/session-id.ts';
import { TrackId } from '../ids/track-id.ts';
import { TrackName } from '../ids/track-name.ts';
import { TrackKind } from './track-kind.ts';
import { TrackStatus } from './track-status.ts';

/** One entry of `GET /session/:session_id/tracks`. */
export const TrackSummary = z.object({
  sessionId: SessionId,
  sfuAppId: AppId,
  trackId: TrackId,
  customTrackName: TrackName,
  mid: Mid,
  trackKind: TrackKind,
  status: TrackStatus,
  rids: z.array(z.string()).meta({ description: 'Simulcast layers in the order of the offer; empty without simulcast' }),
  codec: z.string().meta({ description: 'Encoding name as in `a=rtpmap`', examples: ['VP8', 'opus'] }),
});
export type TrackSummary = z.infer<typeof TrackSummary>;
