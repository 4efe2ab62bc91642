/** The thread that derives keys from passwords, started by `PasswordThread`. */
import { argon2Sync } from 'node:crypto';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { NumberedDerivation, NumberedTag } from './password-thread.ts';

/** The scheduler gives ten steps of niceness less a tenth of the time, as long as both have work. */
const YIELDING_BY = 10;

// Linux takes 0 for the calling thread. Other systems take it for the process, which must keep its priority.
if (process.platform === 'linux') setPriority(0, Math.min(getPriority() + YIELDING_BY, constants.priority.PRIORITY_LOW));

parentPort?.on('message', ({ no, parameters }: NumberedDerivation) => {
  parentPort?.postMessage({ no, tag: argon2Sync('argon2id', parameters) } satisfies NumberedTag);
});
