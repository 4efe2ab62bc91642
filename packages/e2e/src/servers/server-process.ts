/** A server in its own process, as a user would run it. */
import { startServer, untilReady } from '@causeway/lab';

export interface ServerProcess {
  /** Its output so far, for the message of a failing test. */
  readLog(): string;
  /** Sends it a signal. `SIGSTOP` makes it as silent as a cut network would, until `SIGCONT`. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, as an operator does, and waits until it has. @returns its exit code; null if it had to be killed */
  stop(): Promise<number | null>;
}

export interface ServerProcessOptions {
  /** The program for `node`, relative to the project's root. */
  readonly main: string;
  /** Its environment in addition to the path, the home and the compile cache of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 once it is ready. */
  readonly readyUrl: string;
}

/** Starts it from its TypeScript sources, and waits until it is ready. @throws Error – it takes too long; the message contains its output */
export async function startServerProcess({ main, environment, readyUrl }: ServerProcessOptions): Promise<ServerProcess> {
  const server = startServer({ name: main, main, environment });
  await untilReady(server, readyUrl);
  return {
    readLog: () => server.log,
    signal: (name) => server.signal(name),
    stop: async () => {
      if (!server.hasEnded) await server.stop();
      return server.process.exitCode;
    },
  };
}
