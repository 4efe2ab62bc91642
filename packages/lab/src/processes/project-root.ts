import { resolve } from 'node:path';

/** Where all processes are started, and what their paths are relative to. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '../../../..');

const { NODE_COMPILE_CACHE = resolve(PROJECT_ROOT, 'node_modules/.cache/causeway/compiled') } = process.env;

/** Where processes find what former ones have compiled: without it, half of the CPU of a daemon's start goes into that. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE };
