/** `scripts/three-machines` follows docs/operate/three-machines.md word for word and checks the result. */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT_ROOT } from '@causeway/lab';
import { checkService } from './check-service.ts';
import { debianRoot } from './debian-root.ts';
import { type GuideSection, PLACEHOLDERS, readGuide } from './guide.ts';
import { REPOSITORY } from './machine.ts';
import { planMachines } from './plan.ts';
import { RentedMachines } from './rented-machines.ts';

const GUIDE = 'docs/operate/three-machines.md';
const REDIS_CA = '/etc/redis/tls/ca.pem';
const REDIS_CA_ON_NODES = '/usr/local/share/ca-certificates/causeway-redis.crt';
const USAGE = `scripts/three-machines [--fresh]\n\n  --fresh   makes the Debian system of the machines once more\n`;

const startedAtMs = performance.now();
function say(what: string): void {
  const seconds = (performance.now() - startedAtMs) / 1000;
  process.stdout.write(`${seconds.toFixed(0).padStart(4)} s  ${what}\n`);
}

async function follow(isFresh: boolean): Promise<void> {
  const markdown = await readFile(join(PROJECT_ROOT, GUIDE), 'utf8');
  const sections = readGuide(markdown);
  const section = (number: number): GuideSection => {
    const found = sections.find(({ title }) => title.startsWith(`${number}. `));
    if (found === undefined) throw new Error(`${GUIDE} has no section ${number}`);
    return found;
  };
  const words = Object.fromEntries(PLACEHOLDERS.map((word) => [word, randomBytes(32).toString('hex')]));
  const debian = await debianRoot(isFresh);
  say('a Debian system is there');
  const plan = planMachines(markdown);
  const rented = await RentedMachines.open(plan, { ...words, REPOSITORY });
  try {
    const redis = await rented.boot(plan.redis, [debian], PROJECT_ROOT);
    await rented.follow(section(1).steps, plan.redis);
    say(`"${section(1).title}" was followed`);
    const nodes = section(2);
    // All nodes have the same software installed, so it is installed once, and the disk is copied.
    const [install, ...others] = nodes.steps;
    if (install?.kind !== 'commands') throw new Error(`"${nodes.title}" does not begin with commands`);
    const template = await rented.boot(plan.template, [debian], PROJECT_ROOT);
    template.write(REDIS_CA_ON_NODES, redis.read(REDIS_CA));
    await rented.follow([install], plan.template);
    await template.shutDown();
    say(`what "${nodes.title}" installs is installed`);
    for (const node of plan.nodes) {
      await rented.boot(node, [template.diskFolder, debian], PROJECT_ROOT);
      await rented.follow(others, node);
      say(`"${nodes.title}" was followed on ${node.name}`);
    }
    await rented.boot(plan.prometheus, [debian], PROJECT_ROOT);
    await rented.follow(section(4).steps, plan.prometheus);
    say(`"${section(4).title}" was followed`);
    await checkService(rented, section(3), words.APP_SECRET ?? '', say);
  } catch (error) {
    say('failed; the machines are being removed');
    throw error;
  } finally {
    await rented.stop();
  }
}

const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
if (values.help) process.stdout.write(USAGE);
else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
  await follow(values.fresh).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`three-machines: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
