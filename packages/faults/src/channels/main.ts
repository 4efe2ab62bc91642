/** `npm run channels [-- --short] [scenario...]` measures data channels of browsers through a node. */
import { parseArgs } from 'node:util';
import { describeFinding } from '../report/shown-document.ts';
import { CHANNEL_SCENARIOS } from './scenarios.ts';

const NAMES = CHANNEL_SCENARIOS.map(({ name }) => name);

const { values, positionals } = parseArgs({ allowPositionals: true, options: { short: { type: 'boolean', default: false } } });
if (positionals.some((name) => !NAMES.includes(name))) {
  process.stderr.write(`npm run channels -- [--short] [${NAMES.join(' ')}]\n`);
  process.exit(2);
}
for (const { name, title, run } of CHANNEL_SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  process.stdout.write(`\n${name}: ${title}\n`);
  const note = (text: string) => process.stdout.write(`  ... ${text}\n`);
  const findings = await run({ thoroughness: values.short ? 'short' : 'whole', note });
  for (const finding of findings) process.stdout.write(`${describeFinding(finding)}\n`);
  if (findings.some(({ isMet }) => !isMet)) process.exitCode = 1;
}
