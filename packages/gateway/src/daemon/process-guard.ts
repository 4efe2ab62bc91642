/**
 * Handles errors that nothing caught. An uncaught exception has left a callback half done, so the
 * state of the process cannot be trusted: the node closes its sessions, writes their usage, and
 * exits with a code of its own, so that the service manager starts another. A rejected promise that
 * nothing awaited has interrupted no code: it is logged, and the node continues.
 */
import type { DefectLog } from '../monitoring/defect-log.ts';

/** A defect of ours has ended the process. Starting it again helps. */
export const EXIT_CODE_DEFECT = 4;
/** An orderly end takes less: pending replies get 3 s, and Redis the last batches of usage. */
const MAX_ENDING_MS = 10_000;

/** The part of `process` that reports uncaught errors. */
export interface UncaughtSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
}

export interface ProcessGuardOptions {
  readonly defects: DefectLog;
  /** Ends the node in an orderly way, whatever it is doing. */
  readonly stop: () => Promise<void>;
  readonly exit: (code: number) => void;
  /** Calls back once, after the delay. */
  readonly later: (delayMs: number, callback: () => void) => void;
}

/** Installs the guard. A process that embeds an SFU decides for itself. */
export function guardProcess(source: UncaughtSource, { defects, stop, exit, later }: ProcessGuardOptions): void {
  let isEnding = false;
  source.on('unhandledRejection', (error) => defects.note('rejection', error));
  source.on('uncaughtException', (error) => {
    defects.note('exception', error);
    // Further exceptions do not delay the end.
    if (isEnding) return;
    isEnding = true;
    const end = (): void => exit(EXIT_CODE_DEFECT);
    later(MAX_ENDING_MS, end);
    stop().then(end, end);
  });
}
