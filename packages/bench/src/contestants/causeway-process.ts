import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, PROJECT_ROOT, untilReady } from '@causeway/lab';
import { BenchProcess } from '../processes/bench-process.ts';
import type { ProbeVerbs } from '../processes/probe-verbs.ts';
import type { LaunchedSfu } from './sfu-contestant.ts';

const APP_ID = 'bench';
const APP_SECRET = 'bench-secret-known-to-this-machine-only';
/** The same options as in `scripts/start`, the service unit and the image. */
const NODE_OPTIONS = '--v8-pool-size=1';
/** Long enough for twenty nodes that start at once on two cores. */
const READY_DEADLINE_MS = 120_000;

/** The checkout that this bench is part of. */
export const OWN_CHECKOUT = PROJECT_ROOT;

/** What tests and benchmarks give a node that shares its machine with other work: being late is no reason to refuse clients. */
export const PATIENCE = { CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000' };

/**
 * Starts the real daemon on loopback with its ports, its app and the given options.
 *
 * @param checkout the repository to run, with its dependencies installed
 * @param options additional environment variables
 * @param measuredCores the cores that it may use
 */
export async function launchCauseway(
  checkout: string,
  options: Readonly<Record<string, string>> = {},
  measuredCores = 1,
): Promise<LaunchedSfu> {
  const httpPort = await findFreePort('tcp');
  const url = `http://127.0.0.1:${httpPort}`;
  const process = new BenchProcess<ProbeVerbs>({
    role: 'measured',
    measuredCores,
    name: `Causeway of ${checkout}`,
    program: join(checkout, 'packages/gateway/src/main.ts'),
    env: {
      NODE_OPTIONS: `${globalThis.process.env.NODE_OPTIONS ?? ''} ${NODE_OPTIONS}`,
      CAUSEWAY_HTTP_PORT: String(httpPort),
      // An older checkout refuses the option because it does not know it.
      ...(existsSync(join(checkout, 'packages/books')) && { CAUSEWAY_BOOKS: 'off' }),
      CAUSEWAY_UDP_PORT: String(await findFreePort('udp')),
      CAUSEWAY_LISTEN: '127.0.0.1',
      CAUSEWAY_APP_ID: APP_ID,
      CAUSEWAY_APP_SECRET: APP_SECRET,
      ...options,
    },
  });
  const ready = untilReady(process.child, `${url}/readyz`, READY_DEADLINE_MS);
  return { process, address: ready.then(() => ({ url, appId: APP_ID, secret: APP_SECRET })) };
}
