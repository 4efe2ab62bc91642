/**
 * Run by `scripts/simulate --mutation NAME`: breaks one promise on purpose, in a copy, and looks whether the simulation of whole nodes notices. A
 * simulation that lets these pass proves nothing by its silence.
 */

import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Sandbox } from '../mutation/sandbox.ts';
import { MUTATIONS, type SimulatedMutation } from './mutation-list.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');

/** @returns whether the simulation has noticed it */
function tryMutation(name: string, mutation: SimulatedMutation, seeds: string): boolean {
  using sandbox = new Sandbox(ROOT);
  const text = sandbox.read(mutation.file).toString('utf8');
  if (text.split(mutation.before).length !== 2) throw new Error(`${mutation.file} does not have once: ${mutation.before}`);
  sandbox.write(mutation.file, Buffer.from(text.replace(mutation.before, mutation.after)));
  const main = join(sandbox.folder, 'packages/gateway/test/simulation/main.ts');
  const args = ['--conditions=causeway-source', '--disable-warning=ExperimentalWarning', main, '--minutes', '0.5', '--seeds', seeds];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: sandbox.folder, encoding: 'utf8' });
  console.log(`${status === 1 ? 'caught' : 'MISSED'} ${name}: ${mutation.what}\n${stdout}`);
  return status === 1;
}

const [wanted = '', seeds = '200'] = process.argv.slice(2);
const chosen = wanted === 'all' ? Object.entries(MUTATIONS) : Object.entries(MUTATIONS).filter(([name]) => name === wanted);
if (chosen.length === 0) {
  console.error(`simulate: there is no mutation ${wanted}; there are all, ${Object.keys(MUTATIONS).join(', ')}`);
  process.exitCode = 2;
} else {
  const missed = chosen.filter(([name, mutation]) => !tryMutation(name, mutation, seeds));
  process.exitCode = missed.length === 0 ? 0 : 1;
}
