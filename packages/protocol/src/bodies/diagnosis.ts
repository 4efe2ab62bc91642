import { z } from 'zod';
import { AppId, Mid, SessionId, TrackId } from '../ids.ts';
import { ConnectionState } from './sessions.ts';
import { TrackKind } from './track-fields.ts';

/** The possible findings of a diagnosis, ordered so that each one hides the later ones. */
export const DIAGNOSIS_CODES = [
  'session_closed',
  'call_refused',
  'nothing_negotiated',
  'answer_missing',
  'udp_blocked',
  'path_unproven',
  'handshake_incomplete',
  'client_silent',
  'publisher_silent',
  'subscription_failed',
  'subscription_paused',
  'source_closed',
  'source_disconnected',
  'source_silent',
  'relay_silent',
  'codec_mismatch',
  'quota_used_up',
  'egress_limited',
  'bandwidth_short',
  'keyframe_missing',
  'receiver_silent',
] as const;

/** One of `DIAGNOSIS_CODES`. */
export const DiagnosisCode = z.enum(DIAGNOSIS_CODES);
export type DiagnosisCode = z.infer<typeof DiagnosisCode>;

/** A reason why media does not flow, or not as requested. */
export const DiagnosisFinding = z.object({
  code: DiagnosisCode,
  severity: z.enum(['problem', 'notice']).meta({ description: '`notice`: nothing is broken, but this is why no media flows' }),
  summary: z.string().meta({ description: 'A readable description of the problem and of what to do about it' }),
  mid: Mid.optional().meta({ description: 'The media line of this session that it concerns; missing if it concerns all of them' }),
});
export type DiagnosisFinding = z.infer<typeof DiagnosisFinding>;

/** The path to the client, as the node sees it. */
export const DiagnosedTransport = z.object({
  openMs: z.number().meta({ description: 'Time since the client sent its description' }),
  silentMs: z.number().meta({ description: 'Time since its last authenticated packet' }),
  rttMs: z.number().meta({ description: 'Round trip, smoothed; 100 until it has been measured' }),
  estimatedBps: z.number().optional().meta({ description: 'Estimated capacity of its downlink; missing without feedback' }),
});
export type DiagnosedTransport = z.infer<typeof DiagnosedTransport>;

/** One encoding of a published track. */
export const DiagnosedLayer = z.object({
  rid: z.string().meta({ description: 'Empty without simulcast' }),
  bitrateBps: z.number(),
  isArriving: z.boolean(),
});

/** What the node receives of a published track. */
export const DiagnosedPublication = z.object({
  mid: Mid,
  trackId: TrackId,
  trackKind: TrackKind,
  silentMs: z.number().optional().meta({ description: 'Time since its last packet; missing if none has arrived' }),
  layers: z.array(DiagnosedLayer),
  subscribers: z.int().meta({ description: 'Subscriptions to it on this node' }),
});
export type DiagnosedPublication = z.infer<typeof DiagnosedPublication>;

/** What the node sends of a subscribed track. */
export const DiagnosedSubscription = z.object({
  mid: Mid,
  trackKind: TrackKind,
  remoteSessionId: z.string(),
  remoteTrackId: z.string(),
  rid: z.string().optional().meta({ description: 'Layer that is sent; missing while none is' }),
  packetsSent: z.int(),
  packetsLost: z.int().optional().meta({ description: 'As reported by the client; missing before its first report' }),
});
export type DiagnosedSubscription = z.infer<typeof DiagnosedSubscription>;

/** `GET /session/:session_id/diagnose`: why no media arrives, with the underlying figures. */
export const DiagnoseReply = z.object({
  sessionId: SessionId,
  sfuAppId: AppId,
  connectionState: ConnectionState,
  findings: z.array(DiagnosisFinding).meta({ description: 'The most likely cause first; empty if nothing is wrong' }),
  transport: DiagnosedTransport.optional(),
  publications: z.array(DiagnosedPublication),
  subscriptions: z.array(DiagnosedSubscription),
});
export type DiagnoseReply = z.infer<typeof DiagnoseReply>;
