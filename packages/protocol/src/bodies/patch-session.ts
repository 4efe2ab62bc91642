import { z } from 'zod';
import { Metadata } from './metadata.ts';
import { SessionSummary } from './session-summary.ts';

/** `PATCH /session/:session_id` */
export const PatchSessionRequest = z.object({ metadata: Metadata });
export type PatchSessionRequest = z.infer<typeof PatchSessionRequest>;

export const PatchSessionReply = SessionSummary;
export type PatchSessionReply = z.infer<typeof PatchSessionReply>;
