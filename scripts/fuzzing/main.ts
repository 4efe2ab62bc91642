/** See `scripts/fuzz`, which calls it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CoverageWatch, type FuzzReport, type FuzzTarget, type FuzzTargetFactory, runFuzz } from '@causeway/testkit/fuzz';
import { type FuzzPlan, parseFuzzPlan } from './fuzz-plan.ts';
import { FUZZ_TABLE_HEAD, fuzzTableRow } from './fuzz-table.ts';

const PACKAGES = ['wire', 'protocol', 'media', 'secure', 'sfu'];
/** No input may hold the event loop for longer. */
const MAX_INPUT_MS = 2;
/** Caches fill up; what grows with the inputs shows as far more than this. */
const MAX_HEAP_GROWTH_BYTES = 4 << 20;
const ROOT = resolve(import.meta.dirname, '..', '..');

interface NamedFactory extends FuzzTargetFactory {
  readonly packageName: string;
}

async function loadFactories(): Promise<NamedFactory[]> {
  const perPackage = PACKAGES.map(async (packageName) => {
    const url = pathToFileURL(join(ROOT, 'packages', packageName, 'test', 'fuzz', 'targets.ts')).href;
    const { fuzzTargets }: { fuzzTargets: readonly FuzzTargetFactory[] } = await import(url);
    return fuzzTargets.map(({ name, create }) => ({ packageName, name, create }));
  });
  return (await Promise.all(perPackage)).flat();
}

async function runRound(factories: readonly NamedFactory[], coverage: CoverageWatch, plan: FuzzPlan, seed: number): Promise<FuzzReport[]> {
  const shares = await sharesOf(factories);
  const allShares = shares.reduce((sum, share) => sum + share, 0);
  const reports: FuzzReport[] = [];
  for (const [index, { packageName, create }] of factories.entries()) {
    const target: FuzzTarget = await create();
    const inputs = Math.ceil((plan.inputsPerRound * (shares[index] ?? 0)) / allShares);
    const report = await runFuzz(target, {
      seed: seed * 1000 + index,
      inputs,
      guide: { coverage, folder: `/packages/${packageName}/src/` },
      ...(globalThis.gc === undefined ? {} : { collectGarbage: globalThis.gc }),
    });
    console.log(fuzzTableRow({ ...report, target: `${packageName} ${report.target}` }));
    reports.push(report);
  }
  return reports;
}

async function sharesOf(factories: readonly NamedFactory[]): Promise<number[]> {
  const shares: number[] = [];
  for (const { create } of factories) {
    const target = await create();
    shares.push(target.share);
    target.close?.();
  }
  return shares;
}

/** What must not be, in words; the inputs are left in files, for a regression test to start from. */
function findingsOf(reports: readonly FuzzReport[]): string[] {
  return reports.flatMap(({ target, findings }) =>
    findings.map(({ input, error }) => `${target}: ${error}\n  input in ${saveInput(target, input)}`),
  );
}

/** What took too long, and what grew. */
function excessesOf(reports: readonly FuzzReport[]): string[] {
  return reports.flatMap(({ target, slowestMs, slowestInput, heapGrowthBytes }) => [
    ...(slowestMs > MAX_INPUT_MS ? [`${target}: an input took ${slowestMs.toFixed(2)} ms: ${saveInput(target, slowestInput)}`] : []),
    ...(heapGrowthBytes > MAX_HEAP_GROWTH_BYTES ? [`${target}: memory grew by ${heapGrowthBytes >> 10} KiB`] : []),
  ]);
}

function saveInput(target: string, hex: string): string {
  const file = join(mkdtempSync(join(tmpdir(), `fuzz-${target.replaceAll(' ', '-')}-`)), 'input.hex');
  writeFileSync(file, `${hex}\n`);
  return file;
}

async function main(): Promise<void> {
  const plan = parseFuzzPlan(process.argv.slice(2));
  const coverage = new CoverageWatch();
  const factories = await loadFactories();
  const startedAtMs = performance.now();
  const reports: FuzzReport[] = [];
  console.log(FUZZ_TABLE_HEAD);
  for (let round = 0; round === 0 || performance.now() - startedAtMs < (plan.durationMs ?? 0); round++) {
    reports.push(...(await runRound(factories, coverage, plan, plan.seed + round)));
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0);
  const slowest = Math.max(...reports.map(({ slowestMs }) => slowestMs));
  const { rss } = process.memoryUsage();
  const findings = findingsOf(reports);
  const excesses = excessesOf(reports);
  const complaints = [...findings, ...excesses];
  for (const complaint of complaints) console.error(complaint);
  console.log(
    `${inputs.toLocaleString('en')} inputs in ${seconds.toFixed(0)} s, slowest ${slowest.toFixed(2)} ms, ` +
      `${Math.round(rss / 2 ** 20)} MiB resident, ${complaints.length} complaints`,
  );
  process.exitCode = (plan.findingsOnly ? findings : complaints).length === 0 ? 0 : 1;
}

// An unhandled rejection is as bad as an uncaught exception.
process.on('unhandledRejection', (reason) => {
  throw reason;
});
await main();
