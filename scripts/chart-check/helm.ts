/** Helm, as a program that renders the chart. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const CHART = resolve(import.meta.dirname, '../../infra/helm/causeway');

export interface HelmReply {
  readonly status: number | null;
  readonly output: string;
}

/** Calls `helm` with values given as JSON, which is YAML, too. */
export function callHelm(tools: string, command: readonly string[], values: Readonly<Record<string, unknown>>): HelmReply {
  const words = [...command, CHART, '--namespace', 'media', '--values', '-'];
  const { status, stdout, stderr } = spawnSync(join(tools, 'helm/helm'), words, { input: JSON.stringify(values), encoding: 'utf8' });
  return { status, output: status === 0 ? stdout : stdout + stderr };
}
