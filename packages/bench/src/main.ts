/** `npm run bench`: measures Causeway beside its two yardsticks and prints what it found. */
import { type BenchOptions, readBenchOptions, USAGE } from './bench-options.ts';
import { type Print, runForwarding, runSessions } from './parts.ts';
import { describeMachine } from './report/machine.ts';

const print: Print = (text) => process.stdout.write(`${text}\n\n`);

async function runBench(options: BenchOptions): Promise<void> {
  print(describeMachine());
  const { parts, contestants } = options;
  if (parts.includes('floor')) await runForwarding(options, ['floor'], print);
  if (parts.includes('forwarding')) await runForwarding(options, contestants, print);
  if (parts.includes('latency')) {
    await runForwarding(
      options,
      contestants.filter((name) => name !== 'floor'),
      print,
    );
  }
  const [joins, memory] = [parts.includes('joins'), parts.includes('memory')];
  if (joins || memory) await runSessions(options, { joins, memory }, print);
}

function optionsOrExit(): BenchOptions {
  try {
    return readBenchOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
if (options.isHelpWanted) print(USAGE);
else {
  await runBench(options).catch((error: unknown) => {
    process.stderr.write(`The bench could not go on: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
