/** A server in a process of its own, as a user would run it. */
import { startServer, untilReady } from '@causeway/lab';

export interface ServerProcess {
  /** What it wrote so far, for the message of a failing test. */
  readLog(): string;
  /** Lets it feel a signal: `SIGSTOP` makes it as silent as if its network were cut, `SIGCONT` brings it back. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, as an operator does, and waits for that. @returns its exit code, `null` when it had to be killed */
  stop(): Promise<number | null>;
}

export interface ServerProcessOptions {
  /** What `node` is to run, relative to the project's root. */
  readonly main: string;
  /** All that it gets beside the path, the home and the compile cache of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 once it is ready. */
  readonly readyUrl: string;
}

/** Starts it from its TypeScript sources, and waits until it is ready. @throws Error – it is not in time; the message has its output */
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
