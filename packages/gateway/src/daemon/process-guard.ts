/**
 * Handles uncaught errors. An uncaught exception has interrupted a callback, so the state of the process cannot be
 * trusted: the node closes its sessions, writes their usage, and exits with a special exit code, so that the service
 * manager starts another process. An unhandled rejection has interrupted no code, so it is logged and the node
 * continues.
 */
import type { DefectLog } from '../monitoring/defect-log.ts';

/** A defect has ended the process; starting it again helps. */
export const EXIT_CODE_DEFECT = 4;
/** An orderly shutdown takes less: pending replies have 3 s, and the last usage must reach Redis. */
const MAX_ENDING_MS = 10_000;

/** The part of `process` that reports uncaught errors. */
export interface UncaughtSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
}

export interface ProcessGuardOptions {
  readonly defects: DefectLog;
  /** Shuts the node down in order, whatever its state. */
  readonly stop: () => Promise<void>;
  readonly exit: (code: number) => void;
  /** Calls back once, after the delay. */
  readonly later: (delayMs: number, callback: () => void) => void;
}

/** Installs the guard. An embedding process decides for itself. */
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
