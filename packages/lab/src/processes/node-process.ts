/** Runs the daemon in a separate process from its TypeScript sources, as a user would. */
import { resolve } from 'node:path';
import { waitUntil } from '../wait-until.ts';
import { Child, type ChildOptions } from './child.ts';
import { type CommandPlace, here } from './command-place.ts';
import { COMPILE_CACHE, PROJECT_ROOT } from './project-root.ts';

const DAEMON = 'packages/gateway/src/main.ts';
const PROBE_DEADLINE_MS = 1_000;
/** A node starts in a second, but on a busy machine it may take a minute. */
const START_DEADLINE_MS = 90_000;

export interface ServerOptions extends Pick<ChildOptions, 'name' | 'uid' | 'onLine'> {
  /** The program, relative to the project's root. Default: the daemon. */
  readonly main?: string;
  /** Its environment, in addition to the path, home and compile cache of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Additional arguments of `node`. */
  readonly nodeArguments?: readonly string[];
  /** Where it runs. */
  readonly within?: CommandPlace;
}

/** Starts a server program of the project. It is not ready yet when this returns. */
export function startServer({ main = DAEMON, environment, nodeArguments = [], within = here, ...rest }: ServerOptions): Child {
  const { PATH, HOME } = process.env;
  const command = within([process.execPath, '--conditions=causeway-source', ...nodeArguments, resolve(PROJECT_ROOT, main)]);
  return new Child({ ...rest, command, environment: { PATH, HOME, ...COMPILE_CACHE, ...environment }, folder: PROJECT_ROOT });
}

/** Returns the state of a URL: `HTTP 200`, or why it cannot be reached. */
export type ReadState = (url: string) => Promise<string>;

const readState: ReadState = async (url) => {
  const reply = await fetch(url, { signal: AbortSignal.timeout(PROBE_DEADLINE_MS) }).catch(String);
  return typeof reply === 'string' ? reply : `HTTP ${reply.status}`;
};

/**
 * Waits until a server replies with 200.
 *
 * @param read reads the state of a server that this process cannot reach itself
 * @throws Error – the server ends, or is not ready in time and is killed; the message contains its output
 */
export async function untilReady(
  server: Child,
  readyUrl: string,
  deadlineMs = START_DEADLINE_MS,
  read: ReadState = readState,
): Promise<void> {
  const readIfAlive = async (): Promise<string> => {
    if (server.hasEnded) throw new Error(`${server.name} ended at once (${server.ending})`);
    return read(readyUrl);
  };
  try {
    await waitUntil(`${server.name} is ready`, readIfAlive, (state) => state === 'HTTP 200', deadlineMs);
  } catch (error) {
    server.process.kill('SIGKILL');
    throw new Error(`${(error as Error).message}\n${server.log}`);
  }
}

/** Returns the value of one sample of `/metrics`, named with its labels; 0 if it is absent. */
export function sampleOf(metrics: string, sample: string): number {
  const line = metrics.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
  return line === undefined ? 0 : Number(line.slice(sample.length + 1));
}
