/** See `scripts/mutate`, which calls it. */
import { resolve } from 'node:path';
import { runJest } from './jest-run.ts';
import { drawSample, listMutants, listSourceFiles } from './list-mutants.ts';
import { applyMutant, describeMutant, type Mutant } from './mutant.ts';
import { type MutationPlan, parseMutationPlan } from './mutation-options.ts';
import { locateNamedMutant, NAMED_MUTANTS } from './named-mutants.ts';
import { Sandbox } from './sandbox.ts';
import { TestChooser } from './test-choice.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
/** A mutant that takes this many times as long as the tests do without it counts as one that never ends. */
const PATIENCE_FACTOR = 4;
const MIN_PATIENCE_MS = 60_000;
/** None of the named mutants runs for ever, and CI runs them beside other tests. */
const NAMED_PATIENCE_MS = 300_000;

type Verdict = 'found' | 'timed-out' | 'survived' | 'unreached';

interface Tally {
  readonly path: string;
  readonly listed: number;
  readonly verdicts: Verdict[];
}

async function tryNamed(sandbox: Sandbox): Promise<boolean> {
  const tests = [...new Set(NAMED_MUTANTS.flatMap((mutant) => mutant.tests))].map((test) => `${sandbox.folder}/${test}`);
  const sound = await runJest(sandbox.folder, { tests, timeoutMs: NAMED_PATIENCE_MS, stopAtFailure: false });
  if (sound.result !== 'passed') throw new Error(`without a mutant the tests have ${sound.result}: ${tests.join(' ')}`);
  const survivors: string[] = [];
  for (const named of NAMED_MUTANTS) {
    const mutant = locateNamedMutant(sandbox.folder, named);
    const { verdict } = await tryMutant(
      sandbox,
      mutant,
      named.tests.map((test) => `${sandbox.folder}/${test}`),
      NAMED_PATIENCE_MS,
    );
    console.log(`${verdict.padEnd(9)} ${named.name}`);
    if (verdict === 'survived') survivors.push(describeMutant(sandbox.read(mutant.file), mutant));
  }
  for (const survivor of survivors) console.error(survivor);
  console.log(`${NAMED_MUTANTS.length - survivors.length} of ${NAMED_MUTANTS.length} named mutants were found.`);
  return survivors.length === 0;
}

async function trySample(sandbox: Sandbox, plan: Extract<MutationPlan, { type: 'sample' }>): Promise<void> {
  const tallies: Tally[] = [];
  for (const path of plan.paths) tallies.push(await tryPath(sandbox, path, plan));
  console.log('\n| path | mutants | tried | found | survived | not reached | score |\n|---|---|---|---|---|---|---|');
  for (const tally of tallies) console.log(tableRow(tally));
}

async function tryPath(sandbox: Sandbox, path: string, plan: Extract<MutationPlan, { type: 'sample' }>): Promise<Tally> {
  const startedAtMs = performance.now();
  const packageFolder = path.split('/').slice(0, 2).join('/');
  const files = listSourceFiles(sandbox.folder, path);
  const mutants = listMutants(sandbox.folder, files);
  const sample = drawSample(mutants, plan.maxMutants, plan.seed);
  console.log(
    `\n${path}: ${mutants.length} mutants, ${sample.length} drawn with seed ${plan.seed}. All tests of ${packageFolder} run once ...`,
  );
  const watched = path.endsWith('.lua') || path.endsWith('/lua') ? listSourceFiles(sandbox.folder, packageFolder) : files;
  const chooser = await TestChooser.watch(sandbox, packageFolder, watched);
  const tally: Tally = { path, listed: mutants.length, verdicts: [] };
  for (const [index, mutant] of sample.entries()) {
    if (performance.now() - startedAtMs > plan.maxMinutes * 60_000) break;
    const { tests, durationMs } = chooser.choose(mutant, sandbox);
    const patienceMs = Math.max(MIN_PATIENCE_MS, PATIENCE_FACTOR * durationMs);
    const { verdict, foundBy } = await tryMutant(sandbox, mutant, tests, patienceMs);
    if (foundBy !== undefined) chooser.noteFind(mutant, foundBy);
    tally.verdicts.push(verdict);
    process.stderr.write(verdict === 'found' ? '.' : '\n');
    if (verdict === 'survived' || verdict === 'unreached') {
      console.log(`${index + 1}. ${verdict}: ${describeMutant(sandbox.read(mutant.file), mutant)}`);
    }
  }
  return tally;
}

async function tryMutant(
  sandbox: Sandbox,
  mutant: Mutant,
  tests: readonly string[],
  timeoutMs: number,
): Promise<{ readonly verdict: Verdict; readonly foundBy?: string }> {
  if (tests.length === 0) return { verdict: 'unreached' };
  const source = sandbox.read(mutant.file);
  sandbox.write(mutant.file, applyMutant(source, mutant));
  const { result, files } = await runJest(sandbox.folder, { tests, timeoutMs, stopAtFailure: true });
  sandbox.write(mutant.file, source);
  if (result === 'timed-out') return { verdict: 'timed-out' };
  if (result === 'passed') return { verdict: 'survived' };
  const foundBy = files.find(({ hasPassed }) => !hasPassed)?.testFile;
  return { verdict: 'found', ...(foundBy !== undefined && { foundBy }) };
}

function tableRow({ path, listed, verdicts }: Tally): string {
  const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length;
  const found = count('found') + count('timed-out');
  const score = verdicts.length === 0 ? '-' : `${Math.round((100 * found) / verdicts.length)} %`;
  return `| ${[`\`${path}\``, listed, verdicts.length, found, count('survived'), count('unreached'), score].join(' | ')} |`;
}

async function main(): Promise<void> {
  const plan = parseMutationPlan(process.argv.slice(2));
  using sandbox = new Sandbox(ROOT);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      sandbox[Symbol.dispose]();
      process.exit(1);
    });
  }
  if (plan.type === 'sample') await trySample(sandbox, plan);
  else if (!(await tryNamed(sandbox))) process.exitCode = 1;
}

await main();
