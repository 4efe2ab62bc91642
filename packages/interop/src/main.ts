/** `scripts/interop`: runs the matrix, prints the result of each round, and writes the document if asked to. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, release, type } from 'node:os';
import { type InteropOptions, readInteropOptions, USAGE } from './interop-options.ts';
import { type InteropStage, openInteropStage } from './matrix/interop-stage.ts';
import { hasSucceeded, type Join } from './matrix/join.ts';
import { runCalls, runMatrix } from './matrix/run-matrix.ts';
import { writeInteropDocument } from './report/interop-document.ts';

async function runInterop(options: InteropOptions): Promise<void> {
  const names = new Set([...options.publishers, ...options.subscribers]);
  const stage = await openInteropStage([...names]);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave(stage));
  try {
    const clients = [...names].map((name) => stage.client(name));
    for (const { name, version } of clients) process.stdout.write(`${name.padEnd(10)} ${version}\n`);
    const joins = await runMatrix(stage, options, printRound);
    if (options.calls > 0) process.stdout.write('Calls, one session for both directions:\n');
    const calls = await runCalls(stage, options, printRound);
    const all = [...joins.joins, ...calls.joins];
    const repetitions = joins.repetitions + calls.repetitions;
    if (repetitions > 0) process.stdout.write(`${repetitions} rounds were run again because the machine had stood still.\n`);
    const succeeded = all.filter(hasSucceeded).length;
    process.stdout.write(`${succeeded} of ${all.length} joins succeeded.\n`);
    if (succeeded < all.length) process.exitCode = 1;
    if (options.outputPath !== undefined) {
      const document = writeInteropDocument({
        clients,
        joins: joins.joins,
        calls: calls.joins,
        repetitions,
        joinsPerPair: options.joins,
        command: ['scripts/interop', ...process.argv.slice(2)].join(' '),
        date: new Date().toISOString().slice(0, 10),
        machine: `${availableParallelism()} cores, ${type()} ${release()}, Node ${process.version}`,
      });
      writeFileSync(options.outputPath, document);
    }
  } finally {
    await stage.close();
  }
}

/** The daemon would outlive this process otherwise. */
async function leave(stage: InteropStage): Promise<void> {
  await stage.close().catch(() => undefined);
  process.exit(1);
}

function printRound(joins: readonly Join[]): void {
  for (const join of joins) {
    const { publisher, subscriber, codec, frames, samples, failure = 'ok' } = join;
    const pair = `${publisher} → ${subscriber}`.padEnd(24);
    process.stdout.write(
      `${pair} ${codec.padEnd(5)} ${String(frames).padStart(4)} frames ${String(samples).padStart(7)} samples  ${failure}\n`,
    );
  }
}

function optionsOrExit(): InteropOptions {
  try {
    return readInteropOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
if (options.isHelpWanted) process.stdout.write(USAGE);
else {
  await runInterop(options).catch((error: unknown) => {
    process.stderr.write(`The matrix could not be run: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
