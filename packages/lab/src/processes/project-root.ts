import { resolve } from 'node:path';

/** Where all processes are started, and what their paths are relative to. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '../../../..');
