import { resolve } from 'node:path';

/** The working directory of all processes. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '../../../..');

const { NODE_COMPILE_CACHE = resolve(PROJECT_ROOT, 'node_modules/.cache/causeway/compiled') } = process.env;

/** Shares compiled code between processes, which saves half of the CPU time of a daemon's start. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE };
