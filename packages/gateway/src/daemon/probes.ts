import type { Express, RequestHandler } from 'express';
import { sendJson } from '../http/send-json.ts';
import type { Readiness } from './lifecycle.ts';

/**
 * Two questions of whoever watches the process. Liveness says that it runs its event loop; readiness that it takes new sessions. Neither
 * asks anybody else.
 */
export function addProbes(app: Express, readiness: () => Readiness): void {
  app.get(
    '/healthz',
    replyWith(() => ({ httpStatus: 200, status: 'alive' })),
  );
  app.get(
    '/readyz',
    replyWith(() => {
      const status = readiness();
      return { httpStatus: status === 'ready' ? 200 : 503, status };
    }),
  );
}

function replyWith(probe: () => { readonly httpStatus: number; readonly status: string }): RequestHandler {
  return (_request, response) => {
    const { httpStatus, status } = probe();
    sendJson(response, httpStatus, JSON.stringify({ status }));
  };
}
