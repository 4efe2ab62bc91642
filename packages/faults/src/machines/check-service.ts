/** Checks what must be true once the guide was followed. Every check prints what it saw, and the first that fails throws. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT, waitUntil } from '@causeway/lab';
import { type GuideSection, readExpectedOutputs } from './guide.ts';
import type { PlannedMachine } from './plan.ts';
import type { RentedMachines } from './rented-machines.ts';

const run = promisify(execFile);
/** The guide promises a minute. */
const LINKED_DEADLINE_MS = 60_000;
const SCRAPED_DEADLINE_MS = 60_000;
const BROWSER_DEADLINE_MS = 300_000;
/** What systemd shows about a service that runs as the unit asks. */
const AS_THE_UNIT_SAYS = ['ActiveState=active', 'SubState=running', 'NRestarts=0', 'DynamicUser=yes', 'LimitNOFILE=65536'];
const NO_CAPABILITIES = '0000000000000000';

export type Say = (what: string) => void;

/** @param questions the section whose commands state their output */
export async function checkService(rented: RentedMachines, questions: GuideSection, secret: string, say: Say): Promise<void> {
  for (const node of rented.plan.nodes) await answersAsTheGuideSays(rented, node, questions, say);
  for (const node of rented.plan.nodes) await runsAsTheUnitSays(rented, node, say);
  await isScraped(rented, say);
  await carriesACall(rented, secret, say);
  await refusesStrangers(rented, say);
}

async function answersAsTheGuideSays(rented: RentedMachines, node: PlannedMachine, { steps }: GuideSection, say: Say): Promise<void> {
  const expected = steps.flatMap((step) => (step.kind === 'commands' ? readExpectedOutputs(step.text) : []));
  if (expected.length === 0) throw new Error('the guide has no commands that say what they print');
  for (const { command, output } of expected) {
    const what = `on ${node.name}, "${command}" prints ${output}`;
    const print = () =>
      rented
        .machine(node)
        .run(rented.fillIn(command, node))
        .catch((error: Error) => error.message);
    await waitUntil(what, print, (printed) => printed === output, LINKED_DEADLINE_MS).catch(async (error: Error) => {
      const log = await rented.machine(node).run('journalctl --no-pager -u causeway -u caddy -o cat | tail -n 60');
      throw new Error(`${error.message}\n${log}\nThe CA:\n${rented.publicCa.log.slice(-4000)}`);
    });
    say(what);
  }
}

async function runsAsTheUnitSays(rented: RentedMachines, node: PlannedMachine, say: Say): Promise<void> {
  const machine = rented.machine(node);
  const properties = AS_THE_UNIT_SAYS.map((line) => `-p ${line.split('=')[0]}`).join(' ');
  const shown = (await machine.run(`systemctl show causeway ${properties}`)).split('\n');
  const missing = AS_THE_UNIT_SAYS.filter((line) => !shown.includes(line));
  const status = await machine.run('cat /proc/$(systemctl show causeway -p MainPID --value)/status');
  const field = (name: string): readonly string[] => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]?.split('\t') ?? [];
  const [uid = '0'] = field('Uid');
  const rights = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].filter((name) => field(name)[0] !== NO_CAPABILITIES);
  if (missing.length > 0 || uid === '0' || rights.length > 0) {
    throw new Error(
      `${node.name} does not run as its unit says: ${shown.join(' ')}, user ${uid}, capabilities in ${rights.join(' ') || 'none'}`,
    );
  }
  say(`on ${node.name} the service runs as its unit says: user ${uid}, no capabilities, never restarted`);
}

async function isScraped(rented: RentedMachines, say: Say): Promise<void> {
  const machine = rented.machine(rented.plan.prometheus);
  const ask = async (
    query: string,
  ): Promise<readonly { readonly metric: { readonly region?: string }; readonly value: readonly [number, string] }[]> =>
    JSON.parse(await machine.run(`curl -sS --get --data-urlencode 'query=${query}' http://127.0.0.1:9090/api/v1/query`)).data.result;
  const up = () => ask('up{job="causeway"} == 1').then((results) => results.map(({ metric }) => metric.region).sort(), String);
  const regions = await waitUntil(
    'Prometheus scrapes three nodes',
    up,
    (found) => found.length === rented.plan.nodes.length,
    SCRAPED_DEADLINE_MS,
  );
  const known = await ask('sum by (instance) (causeway_nodes)');
  const rules = JSON.parse(await machine.run('curl -sS http://127.0.0.1:9090/api/v1/rules')).data.groups[0].rules.length as number;
  if (rules === 0) throw new Error('Prometheus has no alert rules');
  say(`Prometheus scrapes ${String(regions)} with ${rules} rules; they know ${known.map(({ value }) => value[1]).join(', ')} nodes`);
}

/** Holds a call as a user would, from outside and by the names alone: what is published in Frankfurt is seen in Singapore. */
async function carriesACall(rented: RentedMachines, secret: string, say: Say): Promise<void> {
  const [first, last] = [rented.plan.nodes[0], rented.plan.nodes.at(-1)].map(
    (node) => `https://${rented.plan.columns.get(node?.name ?? '')?.[1]}`,
  );
  const home = mkdtempSync(join(tmpdir(), 'causeway-user-'));
  try {
    // Chromium looks here for CAs in addition to its own.
    const trusted = ['-d', `sql:${join(home, '.pki/nssdb')}`];
    mkdirSync(join(home, '.pki/nssdb'), { recursive: true });
    await run('certutil', [...trusted, '-N', '--empty-password']);
    await run('certutil', [...trusted, '-A', '-t', 'C,,', '-n', 'public', '-i', rented.publicCa.rootFile]);
    const program = join(PROJECT_ROOT, 'packages/faults/src/machines/user-main.ts');
    const user = [
      process.execPath,
      '--conditions=causeway-source',
      '--disable-warning=ExperimentalWarning',
      program,
      first ?? '',
      last ?? '',
      'demo',
      secret,
    ];
    const { stdout } = await run('ip', ['netns', 'exec', rented.outside, ...user], {
      timeout: BROWSER_DEADLINE_MS,
      env: { ...process.env, HOME: home },
    });
    const { playedSeconds, height, errors } = JSON.parse(stdout) as { playedSeconds: number; height: number; errors: string[] };
    if (errors.length > 0) throw new Error(`the console had errors: ${errors.join('; ')}`);
    say(`Chromium published at ${first} and watched at ${last}: ${playedSeconds.toFixed(1)} s of ${height} lines`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Checks that every port is closed that the table of ports does not name, and that only Prometheus can read metrics. */
async function refusesStrangers(rented: RentedMachines, say: Say): Promise<void> {
  const { nodes, hosts, outside } = { ...rented.plan, outside: rented.outside };
  const [, privateAddress = ''] = nodes[0]?.addresses ?? [];
  const targets = [
    `http://${nodes[0]?.addresses[0]}:8080/readyz`,
    `http://${privateAddress}:9464/metrics`,
    `https://${hosts['redis.example.com']}:6380`,
  ];
  for (const target of targets) {
    const code = await run('ip', ['netns', 'exec', outside, 'curl', '-skm', '5', target]).then(
      () => 0,
      (error: { readonly code: number }) => error.code,
    );
    // Exit code 7 of curl means that it could not connect.
    if (code !== 7) throw new Error(`a stranger reaches ${target}, or curl failed in another way (${code})`);
  }
  say('strangers reach neither the plain port of the API, nor metrics, nor Redis');
}
