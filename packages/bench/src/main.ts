/** `npm run bench` measures Causeway and its two yardsticks, and prints the results. */
import { type BenchOptions, readBenchOptions, USAGE } from './bench-options.ts';
import { runCluster } from './cluster/cluster-part.ts';
import { runCrossing } from './crossing/crossing-part.ts';
import { runData } from './data/data-part.ts';
import { runFiles } from './files/files-part.ts';
import { runNegotiation } from './negotiation/negotiation-part.ts';
import { runForwarding, runJoins, runMemory } from './parts.ts';
import { runRegistry } from './registry/registry-part.ts';
import { runRelays } from './relays/relays-part.ts';
import { describeMachine, type Printer } from './report/table.ts';
import { runIdle } from './rooms/idle-part.ts';
import { runRooms } from './rooms/rooms-part.ts';
import { runShards } from './shards/shards-part.ts';
import { runTokens } from './tokens/tokens-part.ts';

const printer: Printer = {
  print: (text) => process.stdout.write(`${text}\n\n`),
  note: (text) => process.stderr.write(`${text}\n`),
};

async function runBench(options: BenchOptions): Promise<void> {
  printer.print(describeMachine());
  const { parts, contestants } = options;
  if (parts.includes('floor')) await runForwarding(options, ['floor'], printer);
  if (parts.includes('forwarding')) await runForwarding(options, contestants, printer);
  if (parts.includes('rooms')) await runRooms(options, printer);
  if (parts.includes('idle')) await runIdle(options, printer);
  if (parts.includes('latency')) {
    await runForwarding(
      options,
      contestants.filter((name) => name !== 'floor'),
      printer,
    );
  }
  if (parts.includes('crossing')) await runCrossing(options, printer);
  if (parts.includes('shards')) await runShards(options, printer);
  if (parts.includes('relays')) await runRelays(options, printer);
  if (parts.includes('cluster')) await runCluster(options, printer);
  if (parts.includes('registry')) await runRegistry(options, printer);
  if (parts.includes('negotiation')) await runNegotiation(options, printer);
  if (parts.includes('tokens')) await runTokens(options, printer);
  if (parts.includes('data')) await runData(options, printer);
  if (parts.includes('files')) await runFiles(options, printer);
  if (parts.includes('joins')) await runJoins(options, printer);
  if (parts.includes('memory')) await runMemory(options, printer);
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
if (options.isHelpWanted) printer.print(USAGE);
else {
  await runBench(options).catch((error: unknown) => {
    process.stderr.write(`The bench could not go on: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
