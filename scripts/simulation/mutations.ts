/**
 * Run by `scripts/simulate --mutation NAME`: breaks one promise on purpose, in a copy, and looks whether the simulation of whole nodes notices. A
 * simulation that lets these pass proves nothing by its silence.
 */

import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Sandbox } from '../mutation/sandbox.ts';

interface SimulatedMutation {
  readonly what: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly before: string;
  readonly after: string;
}

const MUTATIONS: Readonly<Record<string, SimulatedMutation>> = {
  'forgetful-registry': {
    what: 'what Redis has lost is not written again',
    file: 'packages/cluster/src/registry/restorer.ts',
    before: 'if (history.isBehind) await this.#restore(appId, history);',
    after: 'if (history.isBehind) return;',
  },
  'double-billing': {
    what: 'a batch of usage that comes again is counted again',
    file: 'packages/cluster/lua/usage-count.lua',
    before: 'if tonumber(ARGV[1]) <= last then',
    after: 'if tonumber(ARGV[1]) < last then',
  },
  'lost-billing': {
    what: 'usage that a failover took back is not sent again',
    file: 'packages/accounts/src/usage/usage-queue.ts',
    before: "if (receipt.type === 'gap') this.#takeBack(receipt.lastSeq);",
    after: "if (receipt.type === 'gap') kept.confirmedAtMs = this.#options.nowMs();",
  },
  'lost-events': {
    what: 'events that Redis has lost are not appended again',
    file: 'packages/gateway/src/events/event-outbox.ts',
    before: 'shipment.appended = receipt.lastSerial;',
    after: 'shipment.appended = outgoing.at(-1)?.serial ?? shipment.appended;',
  },
  'repeated-events': {
    what: 'a client does not know again what it has heard before Redis lost it',
    file: 'packages/gateway/src/events/log-cursor.ts',
    before: "return entry.type === 'event' && (entry.formerId === undefined || compareLogIds(entry.formerId, this.#formerId) > 0);",
    after: "return entry.type === 'event';",
  },
  'many-copies': {
    what: 'a copy of a track that comes in beside the one of a region stays',
    file: 'packages/sfu/src/relay/imported-track.ts',
    before: 'return isBesideRegions || isBesideOwn || isStray ? Number.POSITIVE_INFINITY : currentCost;',
    after: 'return currentCost;',
  },
  'shared-claims': {
    what: 'a second node may claim a call that another has carried out',
    file: 'packages/cluster/lua/call-claim.lua',
    before: 'if holder and holder ~= ARGV[2] then',
    after: 'if holder == ARGV[1] then',
  },
};

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
