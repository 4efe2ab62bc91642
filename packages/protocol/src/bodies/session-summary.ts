import { z } from 'zod';
import { AppId } from '../ids/app-id.ts';
import { SessionId } from '../ids/session-id.ts';
import { ConnectionState } from './connection-state.ts';

/** One entry of `GET /sessions`. */
export const SessionSummary = z.object({
  connectionState: ConnectionState,
  metadata: z.string().meta({ description: 'Metadata of the session; empty for none' }),
  sessionId: SessionId,
  sfuAppId: AppId,
});
export type SessionSummary = z.infer<typeof SessionSummary>;
