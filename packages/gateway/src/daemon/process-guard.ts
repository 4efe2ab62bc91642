/**
 * What happens to what nobody caught. An exception has left a callback in the middle of its work, and nobody knows what is half done: the
 * node says goodbye to its sessions, writes what they used, and ends with a code of its own, so that the service manager starts another. A
 * rejected promise that nobody waited for interrupts nothing: it is logged, and the node goes on.
 */
import type { DefectLog } from '../monitoring/defect-log.ts';

/** A defect of ours has ended the process; starting it again helps. */
export const EXIT_CODE_DEFECT = 4;
/** Longer than an end in good order takes: replies get 3 s, Redis its last batches. */
const MAX_ENDING_MS = 10_000;

/** The part of `process` that tells of what nobody caught. */
export interface UncaughtSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
}

export interface ProcessGuardOptions {
  readonly defects: DefectLog;
  /** Ends the node in good order, whatever it is doing. */
  readonly stop: () => Promise<void>;
  readonly exit: (code: number) => void;
  /** Calls back once, whatever happens meanwhile. */
  readonly later: (delayMs: number, callback: () => void) => void;
}

/** Installs the guard. In a process that only embeds an SFU this is its owner's to decide. */
export function guardProcess(source: UncaughtSource, { defects, stop, exit, later }: ProcessGuardOptions): void {
  let isEnding = false;
  source.on('unhandledRejection', (error) => defects.note('rejection', error));
  source.on('uncaughtException', (error) => {
    defects.note('exception', error);
    // What is thrown while the node ends does not hold it up.
    if (isEnding) return;
    isEnding = true;
    const end = (): void => exit(EXIT_CODE_DEFECT);
    later(MAX_ENDING_MS, end);
    stop().then(end, end);
  });
}
