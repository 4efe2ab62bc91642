/** The SFU's daemon, configured by environment variables. */

import { randomBytes } from 'node:crypto';
import { findFreePort } from '@causeway/lab';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** The data with which a client calls the API. */
export interface SfuAccess {
  /** Scheme, address and port without a path: `http://127.0.0.1:40123`. */
  readonly host: string;
  readonly appId: string;
  readonly secret: string;
}

export interface Daemon extends ServerProcess {
  readonly access: SfuAccess;
  /** The port for media and `stun:`. */
  readonly udpPort: number;
}

/** Starts a daemon on free ports with its own app, and waits until it is ready. */
export async function startDaemon(environment: Readonly<Record<string, string>> = {}): Promise<Daemon> {
  const httpPort = await findFreePort('tcp');
  const udpPort = await findFreePort('udp');
  const access: SfuAccess = {
    host: `http://127.0.0.1:${httpPort}`,
    appId: `e2e${randomBytes(4).toString('hex')}`,
    secret: randomBytes(24).toString('base64url'),
  };
  const server = await startServerProcess({
    main: 'packages/gateway/src/main.ts',
    readyUrl: `${access.host}/readyz`,
    environment: {
      CAUSEWAY_HTTP_PORT: String(httpPort),
      // The settings of the user who runs the tests must not affect them.
      CAUSEWAY_BOOKS: 'off',
      CAUSEWAY_UDP_PORT: String(udpPort),
      CAUSEWAY_APP_ID: access.appId,
      CAUSEWAY_APP_SECRET: access.secret,
      // A test that stops a daemon must not wait for its sessions.
      CAUSEWAY_DRAIN_SECONDS: '0',
      // A few clients must be spread over all worker threads.
      CAUSEWAY_WORKER_FILL_PERCENT: '0',
      // Browsers slow the machine down, which must not cause sessions to be refused.
      CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000',
      // Lets every test be run with worker threads: `CAUSEWAY_WORKERS=2 scripts/test e2e`.
      ...(process.env.CAUSEWAY_WORKERS !== undefined && { CAUSEWAY_WORKERS: process.env.CAUSEWAY_WORKERS }),
      ...environment,
    },
  });
  return { ...server, access, udpPort };
}
