/** The thread that derives keys from passwords, started by `PasswordThread`. */
import { argon2Sync } from 'node:crypto';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Argon2Parameters, NumberedDerivation, NumberedReply } from './password-thread.ts';

/** Five steps of niceness leave a quarter of a core beside a thread that always has work, so people can still sign in on a busy machine. */
const YIELDING_BY = 5;

// Linux takes 0 for the calling thread. Other systems take it for the process, which must keep its priority.
if (process.platform === 'linux') {
  try {
    setPriority(0, Math.min(getPriority() + YIELDING_BY, constants.priority.PRIORITY_LOW));
  } catch {
    // A seccomp filter may forbid it. People can still sign in, only without the lower priority.
  }
}

parentPort?.on('message', ({ no, parameters }: NumberedDerivation) => {
  parentPort?.postMessage({ no, ...derive(parameters) } satisfies NumberedReply);
});

/** A damaged hash in the books fails one person's sign-in instead of ending this thread. */
function derive(parameters: Argon2Parameters): Pick<NumberedReply, 'tag' | 'error'> {
  try {
    return { tag: argon2Sync('argon2id', parameters) };
  } catch (error) {
    return { error };
  }
}
