/** Runs a script or a tool of the project in a process of its own, from the project's root. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

export interface RunResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const PROJECT_ROOT = resolve(__dirname, '../..');

/** Runs `node` with arguments on the Node that runs the tests, and waits for its end. */
export function runNode(...nodeArguments: readonly string[]): RunResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, nodeArguments, { cwd: PROJECT_ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}
