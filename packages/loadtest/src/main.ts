/** The load generator as a program: it loads a Causeway, or an SFU with the same API, and prints what arrived. */
import { createSecureSuite } from '@causeway/secure';
import { quantile } from './load/packet-tally.ts';
import { type LoadOptions, readLoadOptions, USAGE } from './load-options.ts';
import { type LoadResult, runLoad } from './load-run.ts';

function optionsOrExit(): LoadOptions {
  try {
    return readLoadOptions(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

function describe({ totals, expected, latenciesMs }: LoadResult): string {
  const latency =
    latenciesMs.length === 0
      ? 'no packet could be timed'
      : `latency p50 ${quantile(latenciesMs, 0.5).toFixed(2)} ms, p99 ${quantile(latenciesMs, 0.99).toFixed(2)} ms`;
  return [
    `sent ${totals.sent}, received ${totals.received} of ${expected}: lost ${expected - totals.received}, duplicated ${totals.duplicates}`,
    `checked ${totals.checked}, corrupted ${totals.corrupted}`,
    latency,
  ].join('\n');
}

async function load(options: LoadOptions): Promise<void> {
  const result = await runLoad(await createSecureSuite(), options, (progress) => process.stderr.write(`${progress}\n`));
  process.stdout.write(`${describe(result)}\n`);
  process.exitCode = result.totals.received < result.expected || result.totals.corrupted > 0 ? 1 : 0;
}

await load(optionsOrExit()).catch((error: unknown) => {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${cause}\n`);
  process.exitCode = 1;
});
