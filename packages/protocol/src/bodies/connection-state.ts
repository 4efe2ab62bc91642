import { z } from 'zod';

/** State of the session's peer connection as the SFU sees it. */
export const ConnectionState = z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed']);
export type ConnectionState = z.infer<typeof ConnectionState>;
