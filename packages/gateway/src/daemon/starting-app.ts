import { SfuError } from '@causeway/protocol';
import express, { type Express } from 'express';
import { allowCrossOrigin } from '../http/cors.ts';
import { identifyRequest } from '../http/identify-request.ts';
import { sendErrors } from '../http/send-error.ts';
import type { Logger } from '../logging/logger.ts';
import { addProbes } from './probes.ts';

const RETRY_AFTER_MS = 1_000;

/** What is served until there is an SFU: the two probes. A node of a cluster may wait for Redis meanwhile. */
export function createStartingApp(region: string, logger: Logger): Express {
  const app = express();
  app.disable('x-powered-by');
  addProbes(app, () => 'starting');
  app.use(identifyRequest(region), allowCrossOrigin(), refuse, sendErrors(logger));
  return app;
}

function refuse(): never {
  throw new SfuError('no_capacity', 'this node is starting; try again in a second', { retryAfterMs: RETRY_AFTER_MS });
}
